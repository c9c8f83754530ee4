/** A translation has exactly the keys of the Portuguese original. */
export type Words<T> = { [K in keyof T]: T[K] extends string ? string : Words<T[K]> };
