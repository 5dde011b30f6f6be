export { type Flag, FLAGS } from './config/flags.ts'
export { type OperatorProcess, runMain } from './main.ts'
