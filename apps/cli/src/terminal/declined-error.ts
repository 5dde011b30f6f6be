/** The user has not agreed to a change, or has given none: exit code 1. */
export class DeclinedError extends Error {
  override readonly name = 'DeclinedError'

  constructor(why = 'not confirmed') {
    super(`${why}: nothing is changed`)
  }
}
