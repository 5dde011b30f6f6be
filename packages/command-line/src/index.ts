export { commandLineRefusal } from './commands/command-line-refusal.ts'
export { type TypedShape, typedText } from './flags/typed-text.ts'
export { crashReport } from './process/crash-report.ts'
export { type ErrorSource, onReaderGone } from './process/reader-gone.ts'
