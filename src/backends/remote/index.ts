/** The entry `traineragent/remote`: networks that train in a worker on another machine or in another process. */
export type { RemoteBackendOptions } from './connection.ts';
export { remoteBackend, remoteBackend as default } from './remote-backend.ts';
export { startWorker, type Worker, type WorkerOptions } from './worker.ts';
