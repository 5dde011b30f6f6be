export { type BenchOptions, parseBenchOptions } from './bench-options.ts'
export type { BenchResult } from './bench-result.ts'
export { type BenchRun, runBench } from './run-bench.ts'
