// Imports only Node: the jobs that may publish install nothing.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'

const DEADLINE_MS = 30_000
const MANIFESTS = ['application/vnd.oci.image.index.v1+json', 'application/vnd.oci.image.manifest.v1+json']

/** A tag in an OCI registry, and who asks. */
export interface TagQuery {
  /** With the registry: `ghcr.io/owner/name`. */
  readonly name: string
  readonly tag: string
  /** Of a registry that issues tokens. @default none */
  readonly user?: string | undefined
  readonly password?: string | undefined
}

/** What a tag names. */
export interface PublishedTag {
  readonly digest: string
  /** Digests of the layers; none of an index. */
  readonly layers: readonly string[]
}

/** What a tag names; undefined if the registry has no such tag. @throws Error if the registry does not say */
export async function publishedTag(query: TagQuery): Promise<PublishedTag | undefined> {
  const { name, tag } = query
  const at = name.indexOf('/')
  const [host, repository] = [name.slice(0, at), name.slice(at + 1)]
  const url = `${/^(?:localhost|127\.0\.0\.1)(?::|$)/.test(host) ? 'http' : 'https'}://${host}/v2/${repository}/manifests/${tag}`
  const get = (authorization?: string): Promise<Response> =>
    fetch(url, {
      headers: { accept: MANIFESTS.join(', '), ...(authorization === undefined ? {} : { authorization }) },
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
  let response = await get()
  if (response.status === 401) response = await get(`Bearer ${await tokenOf(response, repository, query)}`)
  if (response.status === 404) return undefined
  if (!response.ok) throw new Error(`${name}:${tag}: the registry answers with HTTP ${response.status}`)
  const body = Buffer.from(await response.arrayBuffer())
  const { layers = [] } = JSON.parse(body.toString()) as {
    readonly layers?: ReadonlyArray<{ readonly digest: string }>
  }
  return { digest: `sha256:${sha256(body)}`, layers: layers.map(({ digest }) => digest) }
}

/** Also to push, because a registry may hide a repository that does not exist from who may only pull. */
async function tokenOf(refusal: Response, repository: string, { user, password }: TagQuery): Promise<string> {
  const challenge = refusal.headers.get('www-authenticate') ?? ''
  const parameters = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
  )
  if (!/^bearer /i.test(challenge) || parameters['realm'] === undefined)
    throw new Error(`${repository}: the registry offers no token: ${challenge}`)
  const url = new URL(parameters['realm'])
  if (parameters['service'] !== undefined) url.searchParams.set('service', parameters['service'])
  url.searchParams.set('scope', `repository:${repository}:pull,push`)
  const authorization = `Basic ${Buffer.from(`${user ?? ''}:${password ?? ''}`).toString('base64')}`
  const response = await fetch(url, {
    headers: user === undefined ? {} : { authorization },
    signal: AbortSignal.timeout(DEADLINE_MS),
  })
  if (!response.ok) throw new Error(`${repository}: the registry refuses a token with HTTP ${response.status}`)
  const { token, access_token: accessToken } = (await response.json()) as { token?: string; access_token?: string }
  return token ?? accessToken ?? ''
}

/**
 * Refuses to publish a tag again. With a file, a tag that already has this content is accepted, so that a job can be repeated.
 * @returns the digest of the tag with this content, or undefined if the tag is free
 * @throws Error if the tag has other content, or any content without a file
 */
export async function refusePublished(query: TagQuery, file?: Buffer): Promise<string | undefined> {
  const found = await publishedTag(query)
  if (found === undefined) return undefined
  if (file !== undefined && found.layers.includes(`sha256:${sha256(file)}`)) return found.digest
  throw new Error(
    `${query.name}:${query.tag} is already published as ${found.digest}, and a published tag never moves; publish the next version`,
  )
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

if (import.meta.main) {
  const { positionals } = parseArgs({ allowPositionals: true })
  const [name, tag, file] = positionals
  if (name === undefined || tag === undefined) throw new Error('published-tag: expected NAME TAG [FILE]')
  const { REGISTRY_USER: user, REGISTRY_PASSWORD: password } = process.env
  try {
    const digest = await refusePublished(
      { name, tag, user, password },
      file === undefined ? undefined : await readFile(file),
    )
    // For the next steps: the digest to sign, instead of pushing again.
    if (digest !== undefined) process.stdout.write(`${digest}\n`)
  } catch (error) {
    console.error(`::error::${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
