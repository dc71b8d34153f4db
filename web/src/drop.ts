/** Files and whole folders that somebody drops on the page or picks in a dialog. */

export interface DroppedFile {
  file: File;
  path: string; // with the folders it came in, "/" between segments
}

/** The files of a drop. Its items are only readable until the event is over, so they are taken before any waiting. */
export async function droppedFiles(transfer: DataTransfer): Promise<DroppedFile[]> {
  const items = [...transfer.items].filter((item) => item.kind === 'file');
  const found = await Promise.all(items.map((item) => {
    const entry = item.webkitGetAsEntry();
    return entry ? filesBelow(entry, '') : plainFile(item); // what comes from another program may have no entry
  }));
  return found.flat();
}

function plainFile(item: DataTransferItem): DroppedFile[] {
  const file = item.getAsFile();
  return file ? [{ file, path: file.name }] : [];
}

export const pickedFiles = (files: FileList): DroppedFile[] =>
  [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

export const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;

async function filesBelow(entry: FileSystemEntry, folder: string): Promise<DroppedFile[]> {
  const path = folder + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ file, path }];
  }
  const children = await childrenOf((entry as FileSystemDirectoryEntry).createReader());
  const found = await Promise.all(children.map((child) => filesBelow(child, `${path}/`)));
  return found.flat();
}

/** A directory reader hands out its entries in batches and ends with an empty one. */
async function childrenOf(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const children: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return children;
    children.push(...batch);
  }
}
