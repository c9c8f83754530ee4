/**
 * As much as we use of the packages that are installed only where the video check is built. By these
 * lines it is linted and tested everywhere; its build goes by the packages' own types.
 */

declare module "@aws-amplify/ui-react-liveness" {
  interface Credentials {
    accessKeyId: string;
    secretAccessKey: string;
    sessionToken: string;
    expiration: Date;
  }

  export interface DetectorCoreProps {
    sessionId: string;
    region: string;
    displayText: Record<string, string>;
    onAnalysisComplete: () => Promise<void>;
    onUserCancel: () => void;
    onError: () => void;
    config: { binaryPath: string; credentialProvider: () => Promise<Credentials> };
  }

  export function FaceLivenessDetectorCore(props: DetectorCoreProps): React.JSX.Element;
}

declare module "@tensorflow/tfjs-backend-wasm" {
  export function setWasmPaths(paths: Record<string, string>): void;
}
