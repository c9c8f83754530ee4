/** A text with its web addresses as links, which open beside the stage. */
export function Linked({ text }: { text: string }) {
  const pieces = text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])/g);
  return pieces.map((piece, index) =>
    index % 2 ? (
      <a key={index} href={piece} target="_blank" rel="noreferrer">
        {piece}
      </a>
    ) : (
      piece
    ),
  );
}
