import type { Parameters } from './parameters.ts'

/** The account as the OOS actions see it. */
export interface OosState {
  readonly account: string
  readonly region: string
  readonly parameters: Parameters
}
