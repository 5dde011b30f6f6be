/** The headers that {@link refusalOf} reads. */
export interface GuardedRequest {
  readonly method: string
  readonly isApi: boolean
  readonly host: string | undefined
  readonly origin: string | undefined
  /** `Sec-Fetch-Site`, `Sec-Fetch-Dest`: from every current browser, and from none of its pages. */
  readonly fetchSite: string | undefined
  readonly fetchDest: string | undefined
  readonly contentType: string | undefined
}

/** Why a request is refused. */
export interface Refusal {
  readonly status: 403 | 405 | 415
  readonly code: 'forbidden' | 'method-not-allowed' | 'invalid'
  readonly message: string
}

const FRAMES: ReadonlySet<string> = new Set(['iframe', 'frame', 'embed', 'object', 'fencedframe'])

/** The address with a port as a browser writes it in `Host` and `Origin`: without the port of HTTP. Pure. */
export function hostOf(address: string, port: number): string {
  return new URL(`http://${address}:${port}`).host
}

/**
 * Whether a request may come from the page of this server, or from the user who opens it; undefined if so. A name that resolves to
 * 127.0.0.1 (DNS rebinding) has another `Host`, another page another `Origin`. Pure.
 * @param host as `hostOf` has it
 */
export function refusalOf(request: GuardedRequest, host: string): Refusal | undefined {
  const { method, isApi, origin, fetchSite, fetchDest, contentType } = request
  if (request.host !== host)
    return forbidden(`this server is http://${host} only, without another name or port in between`)
  if (method !== 'GET' && method !== 'POST') {
    return { status: 405, code: 'method-not-allowed', message: 'only GET and POST exist here' }
  }
  if (origin !== undefined && origin !== `http://${host}`) return forbidden('the request comes from another page')
  if (isApi && fetchSite !== undefined && fetchSite !== 'same-origin') {
    return forbidden('the request comes from another page')
  }
  if (fetchDest !== undefined && FRAMES.has(fetchDest)) return forbidden('the page cannot be shown in another one')
  if (method !== 'POST') return undefined
  // A form of another page can send neither this type nor this header.
  if (origin === undefined) return forbidden('a change needs the header Origin')
  if (!/^application\/json(?:; *charset=utf-8)?$/i.test(contentType ?? '')) {
    return { status: 415, code: 'invalid', message: 'expected the content type application/json' }
  }
  return undefined
}

function forbidden(message: string): Refusal {
  return { status: 403, code: 'forbidden', message }
}

/** Headers of every response. Scripts, styles and data come from this server only; nothing is stored, framed or reported. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}
