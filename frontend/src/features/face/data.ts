import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";

const POLL_MS = 700;

export const faceQuery = queryOptions({
  queryKey: ["face"],
  queryFn: () => body(api.GET("/api/me/face")),
  refetchInterval: ({ state }) => (state.data?.status === "processing" ? POLL_MS : false),
});

export function useEnrol() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (photos: readonly Blob[]) => {
      const form = new FormData();
      photos.forEach((photo, index) => form.append("images", photo, `photo-${index + 1}.jpg`));
      form.append("consent", "true");
      // The schema knows files as text only; the form is what is sent.
      return api.PUT("/api/me/face", {
        body: { images: [], consent: true },
        bodySerializer: () => form,
      });
    },
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
