import type { Parameters } from './parameters.ts'

/** The account, for OOS actions. */
export interface OosState {
  readonly account: string
  readonly region: string
  readonly parameters: Parameters
}
