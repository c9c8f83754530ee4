import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";
import type { Device } from "@/lib/api/types";

export const devicesQuery = queryOptions({
  queryKey: ["devices"],
  queryFn: () => body(api.GET("/api/devices")),
  refetchInterval: 10_000,
});

export function useCreateDevice() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (device: Pick<Device, "kind" | "name">) =>
      body(api.POST("/api/devices", { body: device })),
    onSuccess: () => client.invalidateQueries({ queryKey: devicesQuery.queryKey }),
  });
}

export function useRevokeDevice() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (id: string) => {
      await api.DELETE("/api/devices/{id}", { params: { path: { id } } });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: devicesQuery.queryKey }),
  });
}
