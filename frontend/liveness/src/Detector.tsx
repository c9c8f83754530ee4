import { FaceLivenessDetectorCore } from "@aws-amplify/ui-react-liveness";
import "@aws-amplify/ui-react-liveness/styles.css";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import plain from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url";
import simd from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url";
import threaded from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url";
import type { Film } from "@/features/check-in/video";
import { en } from "./en";
import { pt } from "./pt";

// Ours rather than those of Amazon's content network, which a map of files goes before. The model
// that finds the face before the stream begins is in no package and comes from there.
setWasmPaths({
  "tfjs-backend-wasm.wasm": plain,
  "tfjs-backend-wasm-simd.wasm": simd,
  "tfjs-backend-wasm-threaded-simd.wasm": threaded,
});

/** Amazon's own screen: what may flash, the oval, the lights; it streams straight to Amazon. */
export function Detector({ session, language, onStreamed, onCancelled, onFailed }: Film) {
  const { session_id, region, credentials } = session;
  return (
    <FaceLivenessDetectorCore
      sessionId={session_id}
      region={region}
      displayText={language === "pt" ? pt : en}
      onAnalysisComplete={() => {
        onStreamed();
        return Promise.resolve();
      }}
      onUserCancel={onCancelled}
      onError={onFailed}
      config={{
        binaryPath: "/",
        credentialProvider: () =>
          Promise.resolve({
            accessKeyId: credentials.access_key_id,
            secretAccessKey: credentials.secret_access_key,
            sessionToken: credentials.session_token,
            expiration: new Date(credentials.expires_at),
          }),
      }}
    />
  );
}
