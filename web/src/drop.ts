/** Files and whole folders that somebody drops on the page or picks in a dialog. */

export interface DroppedFile {
  file: File;
  path: string; // with the folders it came in, "/" between segments
}

/** The files of a drop. Its items are only readable until the event is over, so they are taken before any waiting. */
export async function droppedFiles(transfer: DataTransfer): Promise<DroppedFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const found = await Promise.all(entries.map((entry) => filesBelow(entry, '')));
  return found.flat();
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
