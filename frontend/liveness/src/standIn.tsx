import type { DetectorCoreProps } from "@aws-amplify/ui-react-liveness";

/** In the place of Amazon's packages in a test: keeps what it is given, and shows that it is shown. */
export const given: DetectorCoreProps[] = [];

export function FaceLivenessDetectorCore(props: DetectorCoreProps) {
  given.push(props);
  if (props.sessionId === "") throw new Error("there is no session");
  return <p>{props.displayText.startScreenBeginCheckText}</p>;
}

export const setWasmPaths = () => undefined;

/** Of a file that is named by its address. */
export default "/file";
