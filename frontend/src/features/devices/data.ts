import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";
import type { Device, DeviceChange } from "@/lib/api/types";
import { serverVersion } from "@/lib/version";

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

/** The version of the display that the server hands out; null where it can't be asked. */
export const displayVersionQuery = queryOptions({
  queryKey: ["display-version"],
  queryFn: serverVersion,
  staleTime: 5 * 60_000,
  refetchInterval: 5 * 60_000,
});

export function useChangeDevice() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, change }: { id: string; change: DeviceChange }) =>
      body(api.PATCH("/api/devices/{id}", { params: { path: { id } }, body: change })),
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
