import { withSdkProxy } from '@ack-secret-manager/alicloud-openapi'
import type { CredentialProvider, ProxyRoutes } from '@ack-secret-manager/core'
import type { CredentialsProvider } from '@alicloud/credentials'
import { processCommandProvider } from './process-command.ts'
import type { Recipe } from './recipe.ts'
import { importSdk } from './sdk-modules.ts'
import type { ReadableCredential } from './sdk-source.ts'

type Sdk = Awaited<ReturnType<typeof importSdk>>

/** Options of {@link openRecipe}. */
export interface OpenRecipeOptions {
  /** Provider of the role of this ECS instance. @default that of the SDK */
  readonly ecsRole?: (roleName: string | undefined) => CredentialProvider
  /** Ends a command. @default none */
  readonly signal?: AbortSignal
  /** Proxies of HTTPS services. @default none */
  readonly proxy?: ProxyRoutes
}

/** What makes providers: the SDK, and what replaces a part of it. */
interface Makers extends OpenRecipeOptions {
  readonly sdk: Sdk
}

const ECS_TIMEOUT_MS = 20_000
const TUNNEL_TIMEOUT_MS = 5_000

/** A new credential of the SDK for a recipe, without a session yet. Every field is set, so that the SDK takes none from the environment. */
export async function openRecipe(recipe: Recipe, options: OpenRecipeOptions = {}): Promise<ReadableCredential> {
  const provider = providerOf(recipe, { ...options, sdk: await importSdk() })
  const proxy = options.proxy && { routes: options.proxy, timeoutMs: TUNNEL_TIMEOUT_MS }
  return Object.assign({ provider }, { getCredential: () => withSdkProxy(proxy, () => provider.getCredentials()) })
}

function providerOf(recipe: Recipe, makers: Makers): CredentialsProvider {
  const { sdk } = makers
  switch (recipe.kind) {
    case 'access-key':
      return accessKey(recipe, sdk)
    case 'assume-role':
      return assumeRole(recipe, makers)
    case 'oidc':
      return oidc(recipe, sdk)
    case 'ecs-role':
      return ecsRole(recipe, makers)
    case 'uri':
      return sdk.URICredentialsProvider.builder().withCredentialsURI(recipe.uri.expose()).build()
    case 'command':
      return processCommandProvider(recipe.command.expose(), { signal: makers.signal })
    case 'cli-profile':
      return sdk.CLIProfileCredentialsProvider.builder().withProfileName(recipe.profileName).build()
  }
}

type Of<K extends Recipe['kind']> = Extract<Recipe, { kind: K }>

function accessKey({ id, secret, token }: Of<'access-key'>, sdk: Sdk): CredentialsProvider {
  const key = secret.expose()
  if (token === undefined) {
    return sdk.StaticAKCredentialsProvider.builder().withAccessKeyId(id).withAccessKeySecret(key).build()
  }
  const builder = sdk.StaticSTSCredentialsProvider.builder().withAccessKeyId(id).withAccessKeySecret(key)
  return builder.withSecurityToken(token.expose()).build()
}

function assumeRole(recipe: Of<'assume-role'>, makers: Makers): CredentialsProvider {
  const { base, roleArn, sessionName, durationSeconds, externalId, policy, stsRegion, stsEndpoint, viaVpc } = recipe
  const builder = makers.sdk.RAMRoleARNCredentialsProvider.builder()
    .withCredentialsProvider(providerOf(base, makers))
    .withRoleArn(roleArn)
    .withRoleSessionName(sessionName)
  if (durationSeconds !== undefined) builder.withDurationSeconds(durationSeconds)
  if (externalId !== undefined) builder.withExternalId(externalId)
  if (policy !== undefined) builder.withPolicy(policy)
  if (stsRegion !== undefined) builder.withStsRegionId(stsRegion)
  if (stsEndpoint !== undefined) builder.withStsEndpoint(stsEndpoint)
  if (viaVpc !== undefined) builder.withEnableVpc(viaVpc)
  return builder.build()
}

function oidc(recipe: Of<'oidc'>, sdk: Sdk): CredentialsProvider {
  const { roleArn, sessionName, durationSeconds, providerArn, tokenFile, stsRegion, stsEndpoint, viaVpc } = recipe
  const builder = sdk.OIDCRoleArnCredentialsProvider.builder()
    .withRoleArn(roleArn)
    .withRoleSessionName(sessionName)
    .withOIDCProviderArn(providerArn)
    .withOIDCTokenFilePath(tokenFile)
  if (durationSeconds !== undefined) builder.withDurationSeconds(durationSeconds)
  if (stsRegion !== undefined) builder.withStsRegionId(stsRegion)
  if (stsEndpoint !== undefined) builder.withStsEndpoint(stsEndpoint)
  if (viaVpc !== undefined) builder.withEnableVpc(viaVpc)
  return builder.build()
}

function ecsRole({ roleName }: Of<'ecs-role'>, { sdk, ecsRole: own }: Makers): CredentialsProvider {
  if (own !== undefined) return { getProviderName: () => 'ecs_ram_role', getCredentials: () => readOnce(own(roleName)) }
  const builder = sdk.ECSRAMRoleCredentialsProvider.builder()
  if (roleName !== undefined) builder.withRoleName(roleName)
  return builder.build()
}

/** Reads a credential of one of our providers and closes it, because the SDK never closes a provider. */
async function readOnce(provider: CredentialProvider): ReturnType<CredentialsProvider['getCredentials']> {
  try {
    const credential = await provider.credential({ signal: AbortSignal.timeout(ECS_TIMEOUT_MS) })
    return {
      accessKeyId: credential.accessKeyId,
      accessKeySecret: credential.accessKeySecret.expose(),
      securityToken: credential.securityToken?.expose() ?? '',
      providerName: 'ecs_ram_role',
    }
  } finally {
    await provider.close()
  }
}
