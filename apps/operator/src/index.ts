export { type OperatorProcess, runMain } from './main.ts'
