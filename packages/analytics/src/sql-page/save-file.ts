/** Hands a file to the browser's downloads. */
export function saveFile(name: string, type: string, parts: readonly BlobPart[]): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // Chromium has taken the blob by then; a minute leaves time to browsers that ask where to save.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
