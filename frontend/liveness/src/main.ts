/** The kiosk loads this entry by the name in /liveness.json; styles and all else come with `load`. */
export const load = () => import("./screen");
