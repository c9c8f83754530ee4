import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { FileTrigger } from "react-aria-components";
import { Banner, Button, CameraIcon, CloseIcon, PlusIcon } from "@/ui";
import { Camera } from "./Camera";
import styles from "./Face.module.css";
import { shrinkFile } from "./photos";

/** One to `max` photos, from the camera or from files. Nothing leaves before it is sent. */
export function Photos({
  photos,
  onChange,
  max,
}: {
  photos: readonly Blob[];
  onChange: (photos: readonly Blob[]) => void;
  max: number;
}) {
  const { t } = useTranslation("patient");
  const [isCameraOn, setCameraOn] = useState(false);
  const [isDenied, setDenied] = useState(false);
  const [unreadable, setUnreadable] = useState<string | null>(null);
  const room = max - photos.length;

  async function add(files: FileList | null) {
    setUnreadable(null);
    const taken: Blob[] = [];
    for (const file of [...(files ?? [])].slice(0, room)) {
      const photo = await shrinkFile(file);
      if (photo) taken.push(photo);
      else setUnreadable(file.name);
    }
    onChange([...photos, ...taken]);
  }

  return (
    <section className={styles.section} aria-labelledby="photos">
      <div className={styles.sectionHead}>
        <h2 id="photos" className={styles.sectionTitle}>
          {t("face.photos_title")}
        </h2>
        <span className={styles.count} role="status">
          {t("face.count", { count: photos.length, max })}
        </span>
      </div>
      <p className={styles.note}>{t("face.photos_text")}</p>
      {photos.length ? (
        <ul className={styles.photos}>
          {photos.map((photo, index) => (
            <Photo
              key={index}
              photo={photo}
              number={index + 1}
              onRemove={() => onChange(photos.filter((one) => one !== photo))}
            />
          ))}
        </ul>
      ) : null}
      {isCameraOn && room > 0 ? (
        <Camera
          onPhoto={(photo) => onChange([...photos, photo])}
          onDenied={() => {
            setDenied(true);
            setCameraOn(false);
          }}
          onClose={() => setCameraOn(false)}
        />
      ) : (
        <div className={styles.buttons}>
          <Button variant="quiet" isDisabled={room === 0} onPress={() => setCameraOn(true)}>
            <CameraIcon />
            {t("face.camera")}
          </Button>
          <FileTrigger
            acceptedFileTypes={["image/jpeg", "image/png", "image/webp"]}
            allowsMultiple
            onSelect={(files) => void add(files)}
          >
            <Button variant="quiet" isDisabled={room === 0}>
              <PlusIcon />
              {t("face.upload")}
            </Button>
          </FileTrigger>
        </div>
      )}
      {isDenied ? (
        <Banner tone="amber" live>
          <p>{t("face.camera_denied")}</p>
        </Banner>
      ) : null}
      {unreadable ? (
        <Banner tone="terra" live>
          <p>{t("face.unreadable", { name: unreadable })}</p>
        </Banner>
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
