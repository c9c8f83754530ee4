export const pt = { title: "Vez" };
