export type { Snapshot } from './model/views/wire.ts'
