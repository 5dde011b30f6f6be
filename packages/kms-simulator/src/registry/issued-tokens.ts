/** What a token of Container Registry is for. */
export interface IssuedToken {
  readonly instanceId: string
  readonly expiresMs: number
}

const MAX_TOKENS = 10_000

/** Tokens that GetAuthorizationToken has returned. Beyond 10,000 the oldest leave. */
export class IssuedTokens {
  readonly #tokens = new Map<string, IssuedToken>()

  add(text: string, token: IssuedToken): void {
    this.#tokens.set(text, token)
    const [oldest] = this.#tokens.keys()
    if (this.#tokens.size > MAX_TOKENS && oldest !== undefined) this.#tokens.delete(oldest)
  }

  isAlive(text: string, instanceId: string, nowMs: number): boolean {
    const token = this.#tokens.get(text)
    return token?.instanceId === instanceId && nowMs < token.expiresMs
  }
}
