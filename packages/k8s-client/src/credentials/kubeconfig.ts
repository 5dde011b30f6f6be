import { statSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { defined, isSecretSyncError, SecretSyncError, Sensitive } from '@ack-secret-manager/core'
import type { RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import type { KubeCredentials, KubeCredentialSource, TlsMaterial } from './kube-credentials.ts'
import { errorCodeOf } from './error-code-of.ts'
import { fieldOf } from './field-of.ts'
import { kubeconfigFiles, loadMerged, presentFiles } from './kubeconfig-files.ts'
import { kubeconfigProblem } from './kubeconfig-problem.ts'
import { superviseLoginCommands } from './login-commands.ts'
import { OidcToken, OidcTokenError } from './oidc-token.ts'
import { addressOf, isSameCluster } from './same-cluster.ts'
import { readTokenFile, tokenFileOf } from './token-file.ts'

/** Selects the context of a kubeconfig. */
export interface KubeconfigChoice {
  /** @default `KUBECONFIG` or `~/.kube/config` */
  readonly kubeconfigPath?: string | undefined
  /** @default the current context */
  readonly context?: string | undefined
  /** Text that login commands print on stderr, such as a code to enter in a browser. @default it is dropped */
  readonly onLoginOutput?: ((text: string) => void) | undefined
  /** The context now names another cluster, which is not used. @default nothing is called */
  readonly onOtherCluster?: ((message: string) => void) | undefined
}

/**
 * Credentials of a kubeconfig: files, tokens, token files, client certificates, exec plugins, OIDC. `@kubernetes/client-node`
 * loads them, except token files and OIDC tokens. It is imported only here, and only if there is a kubeconfig. A library user
 * may not have installed it. The cluster is that of the start, whatever the kubeconfig says later.
 * @throws SecretSyncError `InvalidSpec` if the file or the context is invalid
 */
export async function kubeconfigCredentials({
  kubeconfigPath,
  context,
  onLoginOutput,
  onOtherCluster,
}: KubeconfigChoice = {}): Promise<KubeCredentialSource> {
  const where = `kubeconfig ${kubeconfigPath ?? process.env.KUBECONFIG ?? '~/.kube/config'}`
  const { KubeConfig: Config, parseDocument } = await import('./kubeconfig-parser.ts').catch((error: unknown) => {
    if (errorCodeOf(error) !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new SecretSyncError('InvalidSpec', `${where}: needs a package: npm install @kubernetes/client-node`)
  })
  // A later `kubectl config use-context` must not redirect this process to another cluster.
  let pinned = context
  const parse = (last?: OidcToken): ParsedConfig => {
    const config = new Config()
    const version = filesVersion(kubeconfigPath)
    const files = presentFiles(kubeconfigFiles(kubeconfigPath))
    let tokenFile: string | undefined
    try {
      loadMerged(config, files, () => new Config())
      if (pinned !== undefined) config.setCurrentContext(pinned)
      tokenFile = tokenFileOf(config.getCurrentUser()?.name, files, parseDocument)
    } catch (error) {
      // The message of the parser quotes the invalid line.
      const problem = kubeconfigProblem(files, (file) => new Config().loadFromFile(file))
      const unknown = `${where}: cannot be read (${errorCodeOf(error)}); check the file`
      throw new SecretSyncError('InvalidSpec', problem ?? unknown)
    }
    checkContext(config, where)
    return { config, version, tokenFile, oidc: takeOidcToken(config, last) }
  }
  let parsed = parse()
  let wasTokenFileRead = false
  const { config: first } = parsed
  const name = first.getCurrentContext()
  pinned = name
  let noted: string | undefined
  /** What to load from now on. A new parse or a copy drops the credentials of exec plugins and token files. */
  const reread = (last: ParsedConfig, fresh: boolean): ParsedConfig => {
    const next = reparsed(() => parse(last.oidc))
    const { version } = next
    const other = otherServer(last.config, next.config)
    if (other !== undefined && other !== noted) onOtherCluster?.(`${where}: context "${name}" now names ${other}`)
    noted = other
    if (other !== undefined)
      return { ...last, version, config: fresh ? copyOf(last.config, new Config()) : last.config }
    return fresh || !isSame(last, next) ? next : { ...last, version }
  }
  return {
    description: `${where}, context ${name}`,
    context: name,
    ...defined({ server: first.getCurrentCluster()?.server }),
    namespace: first.getContextObject(name)?.namespace,
    async load({ signal, fresh }) {
      if (fresh || filesVersion(kubeconfigPath) !== parsed.version) {
        parsed = reread(parsed, fresh)
      }
      const current = parsed
      superviseLoginCommands(current.config, { signal, onOutput: onLoginOutput })
      const credentials = await credentialsOf(current.config, where)
      const what = `${where}: no credentials for context ${name}`
      const token = await tokenOf(current, { what, wasTokenFileRead, signal })
      if (token === undefined) return credentials
      wasTokenFileRead ||= current.tokenFile !== undefined
      return withToken(credentials, token)
    },
  }
}

/** Token of `tokenFile` or of the identity provider; undefined if the current user has neither. */
async function tokenOf(
  { config, tokenFile, oidc }: ParsedConfig,
  {
    what,
    wasTokenFileRead,
    signal,
  }: { readonly what: string; readonly wasTokenFileRead: boolean; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const user = config.getCurrentUser()
  const failed = (reason: string): SecretSyncError => new SecretSyncError('Unauthenticated', `${what}: ${reason}`)
  if (tokenFile !== undefined) {
    return await readTokenFile(tokenFile).catch((error: Error) => {
      // As in client-go, `token` is used until the file was read once.
      if (user?.token && !wasTokenFileRead) return undefined
      throw failed(`tokenFile of user "${user?.name}" ${error.message}: ${tokenFile}; write a token to the file`)
    })
  }
  return await oidc?.current(signal).catch((error: unknown) => {
    const reason = error instanceof OidcTokenError ? error.message : `cannot be refreshed (${errorCodeOf(error)})`
    throw failed(
      `auth-provider oidc of user "${user?.name}": ${reason}; check that kubectl works with it, or log in again`,
    )
  })
}

interface ParsedConfig {
  readonly config: KubeConfig
  /** {@link filesVersion} before the files were read. */
  readonly version: string
  /** Path of `tokenFile` of the current user. */
  readonly tokenFile: string | undefined
  /** Token of the current user; undefined if it has none, or has `token`. */
  readonly oidc: OidcToken | undefined
}

/** Describes the cluster of the context, if it is another one than before. */
function otherServer(before: KubeConfig, now: KubeConfig): string | undefined {
  const [one, other] = [before.getCurrentCluster(), now.getCurrentCluster()]
  if (one === null || other === null || isSameCluster(one, other)) return undefined
  const stays = `this process stays with ${addressOf(one)}; start it again to use the other one`
  return `another cluster, ${addressOf(other)}; ${stays}`
}

/** The same clusters and users in an empty `copy`, which runs login commands again. */
function copyOf(config: KubeConfig, copy: KubeConfig): KubeConfig {
  const { clusters, users, contexts } = config
  copy.loadFromOptions({ clusters, users, contexts, currentContext: config.getCurrentContext() })
  return copy
}

/** Whether the context has the same server and user. */
function isSame(one: ParsedConfig, other: ParsedConfig): boolean {
  const partsOf = ({ config, tokenFile }: ParsedConfig): unknown => [
    config.getCurrentCluster(),
    config.getCurrentUser(),
    tokenFile,
  ]
  return isDeepStrictEqual(partsOf(one), partsOf(other))
}

/** Differs after a file was written or replaced. Never throws, because reading the file reports why it cannot be read. */
function filesVersion(kubeconfigPath: string | undefined): string {
  return kubeconfigFiles(kubeconfigPath).map(fileVersion).join()
}

function fileVersion(file: string): string {
  try {
    const { dev, ino, size, mtimeNs } = statSync(file, { bigint: true })
    return `${dev} ${ino} ${size} ${mtimeNs}`
  } catch (error) {
    return errorCodeOf(error)
  }
}

/** While the program runs, an invalid kubeconfig means missing credentials: `InvalidSpec` would blame the resources of users. */
function reparsed(parse: () => ParsedConfig): ParsedConfig {
  try {
    return parse()
  } catch (error) {
    if (!isSecretSyncError(error)) throw error
    throw new SecretSyncError('Unauthenticated', error.message)
  }
}

/** Removes the OIDC login of the current user from `config`, so that client-node does not refresh it. Keeps a refreshed token of the same login. */
function takeOidcToken(config: KubeConfig, last: OidcToken | undefined): OidcToken | undefined {
  const user = config.getCurrentUser()
  if (user?.authProvider?.name !== 'oidc') return undefined
  config.users = config.users.map((each) => (each === user ? { ...user, authProvider: undefined } : each))
  if (user.token) return undefined
  return last?.isOf(user.authProvider.config) ? last : new OidcToken(user.authProvider.config)
}

function withToken(credentials: KubeCredentials, token: string): KubeCredentials {
  return {
    ...credentials,
    headers: new Sensitive({ ...credentials.headers.expose(), authorization: `Bearer ${token}` }),
  }
}

function checkContext(config: KubeConfig, where: string): void {
  const name = config.getCurrentContext()
  const known = config.getContexts().map((entry) => entry.name)
  if (!name || !known.includes(name)) {
    const list = known.length === 0 ? 'it has no contexts' : `it has ${known.slice(0, 20).join(', ')}`
    throw new SecretSyncError('InvalidSpec', `${where}: no context ${name ? `"${name}"` : 'is selected'}; ${list}`)
  }
  const cluster = config.getCurrentCluster()
  if (!cluster?.server) {
    throw new SecretSyncError('InvalidSpec', `${where}: context "${name}" names a cluster that has no server`)
  }
  if (!cluster.server.startsWith('https:') && !cluster.skipTLSVerify) {
    const advice = 'use https, or set insecure-skip-tls-verify to allow it'
    throw new SecretSyncError(
      'InvalidSpec',
      `${where}: context "${name}" would send credentials in clear text; ${advice}`,
    )
  }
  if (config.getCurrentUser() === null) {
    throw new SecretSyncError('InvalidSpec', `${where}: context "${name}" names a user that does not exist`)
  }
}

async function credentialsOf(config: KubeConfig, where: string): Promise<KubeCredentials> {
  const options: RequestOptions = {}
  try {
    await config.applyToHTTPSOptions(options)
  } catch (error) {
    // The output of exec plugins is dropped, because it can contain tokens and URLs.
    throw new SecretSyncError(
      'Unauthenticated',
      `${where}: no credentials for context ${config.getCurrentContext()}${sourceOf(config)} (${errorCodeOf(error)}${fileOf(error)}); check that kubectl works with it`,
    )
  }
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (typeof value === 'string') headers[name.toLowerCase()] = value
  }
  if (options.auth) headers.authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`
  const cluster = config.getCurrentCluster()
  return {
    server: (cluster?.server ?? '').replace(/\/+$/, ''),
    tls: tlsOf(options),
    headers: new Sensitive(headers),
    ...(cluster?.proxyUrl ? { proxyUrl: cluster.proxyUrl } : {}),
  }
}

/** What the user of a context gets credentials from. */
function sourceOf(config: KubeConfig): string {
  const { exec, authProvider } = config.getCurrentUser() ?? {}
  const command: unknown = fieldOf(exec, 'command')
  if (typeof command === 'string') return ` from the login command ${command}`
  return authProvider === undefined ? '' : ` from auth-provider ${authProvider.name}`
}

/** The file or command that an error of the system names. */
function fileOf(error: unknown): string {
  const path = fieldOf(error, 'path')
  return typeof path === 'string' ? `: ${path}` : ''
}

function tlsOf({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): TlsMaterial {
  return {
    ...(isPem(ca) ? { ca: Buffer.from(ca) } : {}),
    ...(isPem(cert) ? { cert: new Sensitive(cert) } : {}),
    ...(isPem(key) ? { key: new Sensitive(key) } : {}),
    ...defined({ servername, rejectUnauthorized }),
  }
}

function isPem(material: unknown): material is Buffer | string {
  return Buffer.isBuffer(material) || typeof material === 'string'
}
