import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const SECRET_BYTES = 32
const ID_BYTES = 16

/**
 * One browser session of one server. A token opens it once; then a cookie holds it. The page lives below a random path, because a
 * browser sends the cookies of 127.0.0.1 to every port of it: without the path, a server of another local user gets none.
 */
export class Session {
  /** `/ID/`: path of the page and of the cookie. */
  readonly base: string
  /** For the URL; valid once. */
  readonly token: string
  readonly #cookie: string
  #isOpened = false

  constructor() {
    this.base = `/${randomBytes(ID_BYTES).toString('base64url')}/`
    this.token = randomBytes(SECRET_BYTES).toString('base64url')
    this.#cookie = randomBytes(SECRET_BYTES).toString('base64url')
  }

  /** Opens the session; false for a wrong token, and for the right one after its first use. */
  open(token: string | undefined): boolean {
    if (this.#isOpened || !isSame(token, this.token)) return false
    this.#isOpened = true
    return true
  }

  /** `Set-Cookie` of an opened session. */
  get setCookie(): string {
    return `${COOKIE}=${this.#cookie}; Path=${this.base}; HttpOnly; SameSite=Strict`
  }

  /** Whether a `Cookie` header has the session. */
  isIn(header: string | undefined): boolean {
    if (!this.#isOpened) return false
    const values = (header ?? '').split(';').flatMap((pair) => {
      const [name, value] = pair.trim().split('=', 2)
      return name === COOKIE && value !== undefined ? [value] : []
    })
    return values.some((value) => isSame(value, this.#cookie))
  }
}

const COOKIE = 'acksm-ui'

/** Takes as long for every wrong value. */
function isSame(given: string | undefined, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return given !== undefined && timingSafeEqual(digest(given), digest(expected))
}
