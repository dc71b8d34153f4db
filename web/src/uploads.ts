/** The queue of uploads: three files at a time, each with its progress and, if it fails, the server's reason. */
import { computed, signal, type Signal } from '@preact/signals';
import { authorization, errorSentence, forgetRefusedToken, uploadUrl } from './api';
import type { DroppedFile } from './drop';
import type { DatasetAddress } from './model';

export interface Upload {
  id: number;
  path: string;
  size: number;
  sent: Signal<number>; // bytes
  state: Signal<'waiting' | 'sending' | 'done' | 'failed'>;
  error: Signal<string>;
}

const atOnce = 3;
let lastId = 0;

export const uploads = signal<Upload[]>([]);

/** Grows whenever a file has arrived, so that lists know to refresh. */
export const arrivals = signal(0);

export const progress = computed(() => {
  const total = sum(uploads.value, (upload) => upload.size);
  const sent = sum(uploads.value, (upload) => (isOver(upload) ? upload.size : Math.min(upload.sent.value, upload.size)));
  const open = uploads.value.filter((upload) => !isOver(upload)).length;
  const failed = uploads.value.filter((upload) => upload.state.value === 'failed').length;
  return { total, sent, open, failed, share: total > 0 ? sent / total : open > 0 ? 0 : 1 };
});

const isOver = (upload: Upload) => upload.state.value === 'done' || upload.state.value === 'failed';
const sum = <T>(items: T[], of: (item: T) => number) => items.reduce((total, item) => total + of(item), 0);

interface Job {
  at: DatasetAddress;
  file: File;
  upload: Upload;
}

const waiting: Job[] = [];
const running = new Map<Upload, XMLHttpRequest>();

/** Queues files for a folder of a dataset, '' for the root. */
export function enqueue(at: DatasetAddress, folder: string, files: DroppedFile[]) {
  const jobs = files.map(({ file, path }): Job => ({
    at,
    file,
    upload: {
      id: ++lastId,
      path: folder === '' ? path : `${folder}/${path}`,
      size: file.size,
      sent: signal(0),
      state: signal('waiting'),
      error: signal(''),
    },
  }));
  waiting.push(...jobs);
  uploads.value = [...uploads.value, ...jobs.map((job) => job.upload)];
  startNext();
}

/** Stops what is on its way and forgets the queue. */
export function clearUploads() {
  waiting.length = 0;
  for (const request of running.values()) request.abort();
  uploads.value = [];
}

function startNext() {
  while (running.size < atOnce && waiting.length > 0) send(waiting.shift()!);
}

function send({ at, file, upload }: Job) {
  const request = new XMLHttpRequest(); // fetch can't tell how much has been sent
  running.set(upload, request);
  upload.state.value = 'sending';
  request.open('POST', uploadUrl(at));
  for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value);
  request.upload.onprogress = (event) => (upload.sent.value = event.loaded);
  request.onloadend = () => {
    running.delete(upload);
    finish(upload, request);
    startNext();
  };
  const form = new FormData();
  form.append('path', upload.path);
  form.append('file', file, file.name);
  request.send(form);
}

function finish(upload: Upload, { status, responseText }: XMLHttpRequest) {
  if (status >= 200 && status < 300) {
    upload.state.value = 'done';
    arrivals.value++;
    return;
  }
  forgetRefusedToken(status);
  upload.state.value = 'failed';
  upload.error.value = errorSentence(status, responseText);
}
