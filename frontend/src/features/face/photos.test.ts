// @vitest-environment node
import { expect, it } from "vitest";
import type { Face } from "@/lib/api/types";
import { faultsOf, missingPhotos, nextPose, withPhoto, type Photo, type Pose } from "./photos";

const photo = (pose: Pose | null): Photo => ({ blob: new Blob(), pose });
const none = new Map();
const [front, left, right, file] = [photo("front"), photo("left"), photo("right"), photo(null)];

function failed(...reasons: Face["reasons"]): Face {
  return {
    status: "failed",
    reasons,
    engine: null,
    enrolled_at: null,
    expires_at: null,
    consent: { version: "1", text_pt: "", text_en: "", given_at: null },
    adult: true,
    recommended_photos: 3,
    max_photos: 5,
  };
}

it("asks for one pose after the other, and for those that were refused", () => {
  expect(nextPose([], none)).toBe("front");
  expect(nextPose([file, front], none)).toBe("left");
  expect(nextPose([right, front, left], none)).toBeNull();
  expect(nextPose([front, left, right], new Map([[left, "too_dark"]]))).toBe("left");
});

it("puts a photo taken again in the place of the one before", () => {
  const again = photo("left");

  expect(withPhoto([front, left, right], again)).toEqual([front, again, right]);
  expect(withPhoto([file], photo(null))).toHaveLength(2);
});

it("wants three of the camera, one of files", () => {
  expect([[], [front], [front, left], [front, left, right]].map(missingPhotos)).toEqual([
    3, 2, 1, 0,
  ]);
  expect([[file], [file, file], [file, front], [file, front, left]].map(missingPhotos)).toEqual([
    0, 0, 1, 0,
  ]);
});

it("knows which of the photos it sent were refused, and none where all were", () => {
  const sent = [front, left, right];

  expect([...faultsOf(failed({ photo: 2, code: "blurred" }), sent)]).toEqual([[left, "blurred"]]);
  expect(faultsOf(failed({ photo: null, code: "unavailable" }), sent).size).toBe(0);
  expect(faultsOf(failed({ photo: 2, code: "blurred" }), []).size).toBe(0);
  expect(
    faultsOf({ ...failed({ photo: 2, code: "blurred" }), status: "processing" }, sent).size,
  ).toBe(0);
});
