import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/lib/api/client";

/** Erases a patient who asks for it at the desk. */
export function useErasePatient() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (id: string) => {
      await api.POST("/api/staff/patients/{id}/erasure", {
        params: { path: { id } },
      });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["patients"] }),
  });
}
