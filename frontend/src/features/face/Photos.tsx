import { useEffect, useMemo, useRef, useState, type Dispatch, type SetStateAction } from "react";
import { useTranslation } from "react-i18next";
import { FileTrigger } from "react-aria-components";
import type { CameraFault } from "@/lib/camera";
import { Banner, Button, CameraIcon, classes, CloseIcon, PlusIcon } from "@/ui";
import styles from "./Face.module.css";
import { Guide } from "./Guide";
import {
  isHeic,
  nextPose,
  POSES,
  shrinkFile,
  withPhoto,
  type Faults,
  type Photo,
  type Pose,
} from "./photos";

interface Unopened {
  name: string;
  heic: boolean;
}

/** Up to `max` photos, by the camera's guide or from files. Nothing leaves before it is sent. */
export function Photos({
  photos,
  faults,
  onChange,
  max,
}: {
  photos: readonly Photo[];
  faults: Faults;
  onChange: Dispatch<SetStateAction<readonly Photo[]>>;
  max: number;
}) {
  const { t } = useTranslation("patient");
  /** The pose that the camera waits for; null while it is off. */
  const [pose, setPose] = useState<Pose | null>(null);
  const [fault, setFault] = useState<CameraFault | null>(null);
  const [unopened, setUnopened] = useState<Unopened | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const missing = nextPose(photos, faults);
  const isFull = photos.length >= max;

  function openCamera(wanted: Pose | null) {
    setFault(null);
    setPose(wanted);
  }

  /** The shutter had the focus and is gone: the section is read from its start. */
  function closeCamera() {
    setPose(null);
    heading.current?.focus({ preventScroll: true });
  }

  function take(blob: Blob) {
    const all = withPhoto(photos, { blob, pose });
    onChange(all);
    const next = nextPose(all, faults);
    const hasRoom = all.length < max || all.some((one) => one.pose === next);
    if (next && hasRoom) setPose(next);
    else closeCamera();
  }

  async function addFiles(files: FileList | null) {
    setUnopened(null);
    const taken: Photo[] = [];
    for (const file of [...(files ?? [])].slice(0, max - photos.length)) {
      const blob = await shrinkFile(file);
      if (blob) taken.push({ blob, pose: null });
      else setUnopened({ name: file.name, heic: isHeic(file) });
    }
    onChange((before) => [...before, ...taken].slice(0, max));
  }

  return (
    <section className={styles.section} aria-labelledby="photos">
      <div className={styles.sectionHead}>
        <h2 id="photos" ref={heading} tabIndex={-1} className={styles.sectionTitle}>
          {t("face.photos_title")}
        </h2>
        <span className={styles.count} role="status">
          {t("face.count", {
            count: photos.length,
            total: Math.max(POSES.length, photos.length),
          })}
        </span>
      </div>
      <p className={styles.note}>{t("face.photos_text", { max })}</p>
      {pose ? (
        <Guide
          pose={pose}
          onPhoto={take}
          onFault={(found) => {
            setFault(found);
            closeCamera();
          }}
          onClose={closeCamera}
        />
      ) : (
        <div className={styles.buttons}>
          {missing ? (
            <Button
              variant={fault ? "quiet" : "pine"}
              isDisabled={isFull && !photos.some((one) => one.pose === missing)}
              onPress={() => openCamera(missing)}
            >
              <CameraIcon />
              {t(photos.some((one) => one.pose) ? "face.camera_on" : "face.camera")}
            </Button>
          ) : null}
          <FileTrigger
            acceptedFileTypes={["image/jpeg", "image/png", "image/webp"]}
            allowsMultiple
            onSelect={(files) => void addFiles(files)}
          >
            <Button variant={fault ? "pine" : "quiet"} isDisabled={isFull}>
              <PlusIcon />
              {t("face.upload")}
            </Button>
          </FileTrigger>
        </div>
      )}
      {fault ? (
        <Banner tone="amber" live>
          <p>{t(`face.camera_${fault}`)}</p>
        </Banner>
      ) : null}
      {unopened ? (
        <Banner tone="terra" live>
          <p>{t(unopened.heic ? "face.heic" : "face.unreadable", { name: unopened.name })}</p>
        </Banner>
      ) : null}
      {photos.length ? (
        <ul className={styles.photos}>
          {photos.map((photo, index) => (
            <Tile
              key={photo.pose ?? `file ${index}`}
              photo={photo}
              number={index + 1}
              isRefused={faults.has(photo)}
              onRetake={() => openCamera(photo.pose)}
              onRemove={() => onChange((all) => all.filter((one) => one !== photo))}
            />
          ))}
        </ul>
      ) : null}
    </section>
  );
}

function Tile({
  photo,
  number,
  isRefused,
  onRetake,
  onRemove,
}: {
  photo: Photo;
  number: number;
  isRefused: boolean;
  onRetake: () => void;
  onRemove: () => void;
}) {
  const { t } = useTranslation("patient");
  const url = useMemo(() => URL.createObjectURL(photo.blob), [photo]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  const name = t(`face.photo_of.${photo.pose ?? "file"}`);
  return (
    <li className={styles.tile}>
      <div className={classes(styles.photo, isRefused && styles.refused)}>
        <img src={url} alt={t("face.photo", { number, name })} />
        <Button
          variant="plain"
          className={styles.remove}
          aria-label={t("face.remove", { number })}
          onPress={onRemove}
        >
          <CloseIcon size={18} />
        </Button>
      </div>
      <p className={styles.caption}>{isRefused ? t("face.refused") : name}</p>
      {photo.pose ? (
        <Button
          variant={isRefused ? "pine" : "plain"}
          size="small"
          aria-label={t("face.retake_one", { number, name })}
          onPress={onRetake}
        >
          {t("face.retake")}
        </Button>
      ) : null}
    </li>
  );
}
