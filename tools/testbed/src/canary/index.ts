export { canary, collect, plant } from './canary.ts'
export { findLeaks } from './find-leaks.ts'
export { type FileLeak, type Leak, LeakScanner, type LeakScannerOptions } from './leak-scanner.ts'
export type { PlantedValue } from './canary-run.ts'
