import type { ReactNode } from "react";

interface IconProps {
  size?: number;
}

/** Our own small set, drawn on a grid of 24 with one stroke. Decoration only: words carry the meaning. */
function icon(path: ReactNode) {
  return function Icon({ size = 20 }: IconProps) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.2"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
      >
        {path}
      </svg>
    );
  };
}

export const CheckIcon = icon(<path d="m5 12.5 4.5 4.5L19 7.5" />);
export const CloseIcon = icon(<path d="M6 6l12 12M18 6 6 18" />);
export const ChevronDownIcon = icon(<path d="m6 9 6 6 6-6" />);
export const ChevronLeftIcon = icon(<path d="m15 6-6 6 6 6" />);
export const ChevronRightIcon = icon(<path d="m9 6 6 6-6 6" />);
export const ArrowRightIcon = icon(<path d="M4 12h15m-6-6 6 6-6 6" />);
export const ArrowLeftIcon = icon(<path d="M20 12H5m6-6-6 6 6 6" />);
export const NoteIcon = icon(<path d="M5 4h14v11l-5 5H5zM9 9h6M9 13h3" />);
export const CalendarIcon = icon(
  <>
    <rect x="4" y="5.5" width="16" height="14.5" rx="3" />
    <path d="M4 10.5h16M8.5 3v4M15.5 3v4" />
  </>,
);
export const ClockIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 7.5V12l3 2" />
  </>,
);
export const PersonIcon = icon(
  <>
    <circle cx="12" cy="8" r="4" />
    <path d="M4.5 20c.8-4 3.7-6 7.5-6s6.7 2 7.5 6" />
  </>,
);
export const ReceiptIcon = icon(
  <>
    <path d="M6 3.500h12v17l-3-2-3 2-3-2-3 2z" />
    <path d="M9.5 9h5M9.5 13h5" />
  </>,
);
export const PlusIcon = icon(<path d="M12 5v14M5 12h14" />);
export const CameraIcon = icon(
  <>
    <path d="M4 8.500h3.500L9 6h6l1.5 2.500H20V19H4z" />
    <circle cx="12" cy="13.5" r="3.3" />
  </>,
);
export const PinIcon = icon(
  <>
    <path d="M12 21c4.5-4.6 6.5-7.9 6.5-11a6.5 6.5 0 0 0-13 0c0 3.1 2 6.4 6.5 11z" />
    <circle cx="12" cy="10" r="2.3" />
  </>,
);
export const WarningIcon = icon(
  <>
    <path d="M12 4 2.8 19.500h18.400z" />
    <path d="M12 10v4.500M12 17v.01" />
  </>,
);
export const InfoIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 11v5M12 8v.01" />
  </>,
);
export const PaperclipIcon = icon(
  <path d="m8 12.5 6.2-6.200a3 3 0 0 1 4.3 4.200l-7.8 7.800a5 5 0 0 1-7-7.100L10.5 4" />,
);
export const DownloadIcon = icon(<path d="M12 4v11m-5-5 5 5 5-5M5 20h14" />);
