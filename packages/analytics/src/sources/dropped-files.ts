/** A file of the visitor's, with its place in the folder that was given. */
export interface GivenFile {
  /** Such as `lake/aggregated/year=2026/month=11/day=23/a.parquet`. */
  path: string;
  file: File;
}

/** The files of an `<input type="file">`, of a folder too (`webkitdirectory`). */
export function chosenFiles(files: Iterable<File>): GivenFile[] {
  return Array.from(files, (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** The files of a drop, those in folders included. To be called in the event itself: later the browser has none. */
export async function droppedFiles(transfer: DataTransfer): Promise<GivenFile[]> {
  const roots = Array.from(transfer.items, (item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found: GivenFile[] = [];
  for (const { entry, file } of roots) {
    if (entry) found.push(...(await filesBelow(entry)));
    else if (file) found.push({ path: file.name, file });
  }
  return found;
}

async function filesBelow(entry: FileSystemEntry): Promise<GivenFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ''), file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: GivenFile[] = [];
  for (;;) {
    // A folder is read a hundred entries at a time, and none means the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return found;
    for (const each of some) found.push(...(await filesBelow(each)));
  }
}

export interface DropListener {
  /** Told as files are dragged over the target (true), and away again (false). */
  over?: (over: boolean) => void;
  /** Told what was dropped. */
  dropped: (files: GivenFile[]) => void;
}

/**
 * Lets files and folders be dropped on an element, or a page.
 *
 * @returns ends it
 * @example
 * listenForDrop(document.body, { dropped: async (files) => show(await connect({ files })) });
 */
export function listenForDrop(target: EventTarget, { over = () => {}, dropped }: DropListener): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  const dragged = (event: Event): void => {
    const transfer = carries(event);
    if (!transfer) return;
    event.preventDefault();
    transfer.dropEffect = 'copy';
    over(true);
  };
  target.addEventListener('dragenter', dragged, { signal });
  target.addEventListener('dragover', dragged, { signal });
  target.addEventListener('dragleave', (event) => leaves(event as DragEvent) && over(false), { signal });
  target.addEventListener(
    'drop',
    (event) => {
      const transfer = carries(event);
      if (!transfer) return;
      event.preventDefault();
      over(false);
      void droppedFiles(transfer).then(dropped);
    },
    { signal },
  );
  return () => ending.abort();
}

/** What a drag carries, if it is files. */
function carries(event: Event): DataTransfer | null {
  const transfer = (event as DragEvent).dataTransfer;
  return transfer?.types.includes('Files') ? transfer : null;
}

/** From a child to another is not away. */
function leaves({ relatedTarget, currentTarget }: DragEvent): boolean {
  return !(relatedTarget instanceof Node && currentTarget instanceof Node && currentTarget.contains(relatedTarget));
}
