import { useEffect, useMemo, useRef, useState, type Dispatch, type SetStateAction } from "react";
import { useTranslation } from "react-i18next";
import { FileTrigger } from "react-aria-components";
import { Banner, Button, CameraIcon, CloseIcon, PlusIcon } from "@/ui";
import { Camera, type CameraFault } from "./Camera";
import styles from "./Face.module.css";
import { shrinkFile } from "./photos";

/** One to `max` photos, from the camera or from files. Nothing leaves before it is sent. */
export function Photos({
  photos,
  onChange,
  max,
}: {
  photos: readonly Blob[];
  onChange: Dispatch<SetStateAction<readonly Blob[]>>;
  max: number;
}) {
  const { t } = useTranslation("patient");
  const [isCameraOn, setCameraOn] = useState(false);
  const [fault, setFault] = useState<CameraFault | null>(null);
  const [unreadable, setUnreadable] = useState<string | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const room = max - photos.length;

  function add(taken: readonly Blob[]) {
    onChange((before) => [...before, ...taken].slice(0, max));
    if (photos.length + taken.length >= max) closeCamera();
  }

  function openCamera() {
    setFault(null);
    setCameraOn(true);
  }

  /** The shutter had the focus and is gone: the section is read from its start. */
  function closeCamera() {
    setCameraOn(false);
    heading.current?.focus({ preventScroll: true });
  }

  async function addFiles(files: FileList | null) {
    setUnreadable(null);
    const taken: Blob[] = [];
    for (const file of [...(files ?? [])].slice(0, room)) {
      const photo = await shrinkFile(file);
      if (photo) taken.push(photo);
      else setUnreadable(file.name);
    }
    add(taken);
  }

  return (
    <section className={styles.section} aria-labelledby="photos">
      <div className={styles.sectionHead}>
        <h2 id="photos" ref={heading} tabIndex={-1} className={styles.sectionTitle}>
          {t("face.photos_title")}
        </h2>
        <span className={styles.count} role="status">
          {t("face.count", { count: photos.length, max })}
        </span>
      </div>
      <p className={styles.note}>{t("face.photos_text")}</p>
      {isCameraOn && room > 0 ? (
        <Camera
          onPhoto={(photo) => add([photo])}
          onFault={(found) => {
            setFault(found);
            closeCamera();
          }}
          onClose={closeCamera}
        />
      ) : (
        <div className={styles.buttons}>
          <Button variant="quiet" isDisabled={room === 0} onPress={openCamera}>
            <CameraIcon />
            {t("face.camera")}
          </Button>
          <FileTrigger
            acceptedFileTypes={["image/jpeg", "image/png", "image/webp"]}
            allowsMultiple
            onSelect={(files) => void addFiles(files)}
          >
            <Button variant="quiet" isDisabled={room === 0}>
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
      {unreadable ? (
        <Banner tone="terra" live>
          <p>{t("face.unreadable", { name: unreadable })}</p>
        </Banner>
      ) : null}
      {photos.length ? (
        <ul className={styles.photos}>
          {photos.map((photo, index) => (
            <Photo
              key={index}
              photo={photo}
              number={index + 1}
              onRemove={() => onChange((all) => all.filter((one) => one !== photo))}
            />
          ))}
        </ul>
      ) : null}
    </section>
  );
}

function Photo({ photo, number, onRemove }: { photo: Blob; number: number; onRemove: () => void }) {
  const { t } = useTranslation("patient");
  const url = useMemo(() => URL.createObjectURL(photo), [photo]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return (
    <li className={styles.photo}>
      <img src={url} alt={t("face.photo", { number })} />
      <Button
        variant="plain"
        className={styles.remove}
        aria-label={t("face.remove", { number })}
        onPress={onRemove}
      >
        <CloseIcon size={18} />
      </Button>
    </li>
  );
}
