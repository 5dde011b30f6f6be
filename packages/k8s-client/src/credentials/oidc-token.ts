import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { type Clock, systemClock } from '@ack-secret-manager/core'
import { Agent } from 'undici'
import { fieldOf } from './field-of.ts'

/** A token is refreshed this long before it expires, as in client-go. */
const EXPIRY_MARGIN_MS = 10_000

const MAX_RESPONSE_BYTES = 1_048_576

/** Why there is no token. The message has no content of tokens or responses. */
export class OidcTokenError extends Error {
  override readonly name = 'OidcTokenError'
}

/**
 * The id-token of `auth-provider: {name: oidc}`. It is refreshed here, because client-node 2.0.1 passes the issuer to openid-client as
 * a string, which openid-client 6 rejects. A refreshed token is kept in memory; kubectl writes it to the kubeconfig.
 */
export class OidcToken {
  readonly #config: unknown
  readonly #clock: Clock
  #idToken: string | undefined
  #refreshToken: string | undefined

  /** @param config `auth-provider.config` */
  constructor(config: unknown, clock: Clock = systemClock) {
    this.#config = config
    this.#clock = clock
    this.#idToken = this.#setting('id-token')
    this.#refreshToken = this.#setting('refresh-token')
  }

  /** False after another login has changed the kubeconfig. */
  isOf(config: unknown): boolean {
    return isDeepStrictEqual(config, this.#config)
  }

  /** @throws OidcTokenError or an error of the connection */
  async current(signal: AbortSignal): Promise<string> {
    if (this.#idToken !== undefined && this.#clock.now() + EXPIRY_MARGIN_MS < expiryMsOf(this.#idToken))
      return this.#idToken
    const refreshToken = this.#refreshToken
    if (refreshToken === undefined) throw new OidcTokenError('id-token has expired, and there is no refresh-token')
    const caFile = this.#setting('idp-certificate-authority')
    const caData = this.#setting('idp-certificate-authority-data')
    const ca = caFile === undefined ? caData && Buffer.from(caData, 'base64') : await readFile(caFile)
    const agent = new Agent({ allowH2: false, maxResponseSize: MAX_RESPONSE_BYTES, connect: ca ? { ca } : {} })
    try {
      return await this.#refresh(refreshToken, agent, signal)
    } finally {
      await agent.destroy()
    }
  }

  async #refresh(refreshToken: string, agent: Agent, signal: AbortSignal): Promise<string> {
    const issuer = this.#setting('idp-issuer-url')?.replace(/\/+$/, '')
    const provider = await fetchJson(agent, {
      url: httpsUrl(`${issuer}/.well-known/openid-configuration`, 'idp-issuer-url'),
      what: 'the discovery document of the identity provider',
      signal,
    })
    const response = await fetchJson(agent, {
      url: httpsUrl(textIn(provider, 'token_endpoint'), 'token_endpoint of the identity provider'),
      what: 'refresh by the identity provider',
      signal,
      ...this.#grant(refreshToken, fieldOf(provider, 'token_endpoint_auth_methods_supported')),
    })
    const idToken = textIn(response, 'id_token')
    if (idToken === undefined || !/^[\w.-]+$/.test(idToken)) {
      throw new OidcTokenError('refresh by the identity provider returns no id_token')
    }
    this.#idToken = idToken
    this.#refreshToken = textIn(response, 'refresh_token') ?? refreshToken
    return idToken
  }

  /** Form and headers of the refresh. RFC 6749, sections 2.3.1 and 6. */
  #grant(refreshToken: string, methods: unknown): { form: URLSearchParams; headers: Record<string, string> } {
    const id = this.#setting('client-id')
    if (id === undefined) throw new OidcTokenError('has no client-id')
    const secret = this.#setting('client-secret')
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken })
    if (secret === undefined) {
      form.set('client_id', id)
      return { form, headers: {} }
    }
    // OpenID Connect Discovery 1.0, section 3: the default is client_secret_basic.
    if (Array.isArray(methods) && methods.includes('client_secret_post') && !methods.includes('client_secret_basic')) {
      form.set('client_id', id)
      form.set('client_secret', secret)
      return { form, headers: {} }
    }
    const pair = [id, secret].map((text) => new URLSearchParams({ '': text }).toString().slice(1)).join(':')
    return { form, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } }
  }

  #setting(field: string): string | undefined {
    return textIn(this.#config, field)
  }
}

interface JsonRequest {
  readonly url: URL
  /** For messages. */
  readonly what: string
  readonly signal: AbortSignal
  /** Sent by POST. */
  readonly form?: URLSearchParams
  readonly headers?: Record<string, string>
}

async function fetchJson(agent: Agent, { url, what, signal, form, headers = {} }: JsonRequest): Promise<unknown> {
  const { statusCode, body } = await agent.request({
    origin: url.origin,
    path: url.pathname + url.search,
    signal,
    headers: {
      accept: 'application/json',
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...headers,
    },
    ...(form ? { method: 'POST', body: form.toString() } : { method: 'GET' }),
  })
  const text = await body.text()
  if (statusCode !== 200) throw new OidcTokenError(`${what} fails (HTTP ${statusCode})`)
  try {
    return JSON.parse(text)
  } catch {
    // The message of the parser quotes the response.
    throw new OidcTokenError(`${what} is not JSON`)
  }
}

function httpsUrl(text: string | undefined, field: string): URL {
  const url = text === undefined ? null : URL.parse(text)
  if (url?.protocol !== 'https:') throw new OidcTokenError(`${field} is not an https URL`)
  return url
}

/** Expiry of a JWT; 0 if it has none. The API server checks the signature. */
function expiryMsOf(jwt: string): number {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'))
    const seconds = fieldOf(claims, 'exp')
    return typeof seconds === 'number' ? seconds * 1000 : 0
  } catch {
    return 0
  }
}

function textIn(value: unknown, field: string): string | undefined {
  const text = fieldOf(value, field)
  return typeof text === 'string' && text !== '' ? text : undefined
}
