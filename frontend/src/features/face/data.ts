import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";

const POLL_MS = 1500;

export const faceQuery = queryOptions({
  queryKey: ["face"],
  queryFn: () => body(api.GET("/api/me/face")),
  refetchInterval: ({ state }) => (state.data?.status === "processing" ? POLL_MS : false),
});

export function useEnrol() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (photos: readonly Blob[]) =>
      api.PUT("/api/me/face", {
        body: { images: [...photos], consent: true },
        bodySerializer: ({ images }: { images: Blob[] }) => {
          const form = new FormData();
          images.forEach((image, index) => form.append("images", image, `photo-${index + 1}.jpg`));
          form.append("consent", "true");
          return form;
        },
      }),
    onSettled: () => client.invalidateQueries({ queryKey: faceQuery.queryKey }),
  });
}

export function useWithdraw() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      await api.DELETE("/api/me/face");
    },
    onSettled: () => client.invalidateQueries({ queryKey: faceQuery.queryKey }),
  });
}
