// Runs as a separate process, because Node reads NODE_EXTRA_CA_CERTS only at its start.
// One JSON command per line on stdin, one JSON outcome per line on stdout.
import { createInterface } from 'node:readline'
import credentialsModule from '@alicloud/credentials'
import kmsModule from '@alicloud/kms20160120'
import openapiClientModule, * as $OpenApiClient from '@alicloud/openapi-client'
import openapiCoreModule, * as $OpenApiCore from '@alicloud/openapi-core'
import MnsClient from '@alicloud/mns'
import * as $TeaUtil from '@alicloud/tea-util'

/** One command: a call with one of the official SDKs, or a credential from its credentials library. */
export type SdkCommand = SdkCall | CredentialCommand | QueueCommand

/** One call with the official SDK for SMQ. */
export interface QueueCommand {
  readonly sdk: 'mns'
  readonly account: string
  /** `https://host:port`. */
  readonly endpoint: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken?: string
  readonly method:
    | 'sendMessage'
    | 'batchSendMessage'
    | 'receiveMessage'
    | 'batchReceiveMessage'
    | 'deleteMessage'
    | 'batchDeleteMessage'
    | 'changeMessageVisibility'
    | 'getQueueAttributes'
    | 'peekMessage'
  readonly args: readonly unknown[]
}

/** A credential from `@alicloud/credentials`. */
export interface CredentialCommand {
  readonly sdk: 'credentials'
  /** Fields of its `Config`. */
  readonly config: Readonly<Record<string, string | number>>
}

/** One call with one of the official SDKs. */
export interface SdkCall {
  readonly sdk: 'kms20160120' | 'openapi-core' | 'openapi-client'
  /** `host:port`. */
  readonly endpoint: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken?: string
  readonly action: string
  readonly query: Readonly<Record<string, string>>
  /** API version of the product, for the generic SDKs. @default '2016-01-20' */
  readonly version?: string
  /** `ca` of the generic SDKs' configuration, PEM. */
  readonly ca?: string
}

/** The outcome of a command. */
export type SdkOutcome =
  | { readonly body: Record<string, unknown> }
  | { readonly error: { readonly name: string; readonly code: string; readonly message: string } }

const GENERIC_CALL = {
  version: '2016-01-20',
  protocol: 'HTTPS',
  pathname: '/',
  method: 'POST',
  authType: 'AK',
  style: 'RPC',
  reqBodyType: 'formData',
  bodyType: 'json',
}

async function credential(command: CredentialCommand): Promise<Record<string, unknown>> {
  const client = new credentialsModule.default(new credentialsModule.Config(command.config))
  const { type, accessKeyId, accessKeySecret, securityToken } = await client.getCredential()
  return { type, accessKeyId, accessKeySecret, securityToken }
}

async function queueCall({ method, args, account, ...options }: QueueCommand): Promise<Record<string, unknown>> {
  const client = new MnsClient(account, options)
  const { code, body } = await client[method](...args)
  return { code, body }
}

async function call(command: SdkCommand): Promise<Record<string, unknown>> {
  if (command.sdk === 'credentials') return credential(command)
  if (command.sdk === 'mns') return queueCall(command)
  const { sdk, endpoint, accessKeyId, accessKeySecret, securityToken, action, query, ca } = command
  const config = {
    endpoint,
    accessKeyId,
    accessKeySecret,
    ...(securityToken === undefined ? {} : { securityToken }),
    ...(ca === undefined ? {} : { ca }),
  }
  const params = { ...GENERIC_CALL, action, ...(command.version === undefined ? {} : { version: command.version }) }
  switch (sdk) {
    case 'kms20160120': {
      const client = new kmsModule.default({ ...config, regionId: 'cn-hangzhou', protocol: 'https' } as never)
      const runtime = new $TeaUtil.RuntimeOptions({})
      return client.doRequest(action, 'HTTPS', 'POST', '2016-01-20', 'AK', { ...query }, null as never, runtime)
    }
    case 'openapi-client': {
      const client = new openapiClientModule.default(new $OpenApiClient.Config(config))
      const response = await client.callApi(
        new $OpenApiClient.Params(params),
        new $OpenApiClient.OpenApiRequest({ query: { ...query } }),
        new $TeaUtil.RuntimeOptions({}),
      )
      return response['body'] as Record<string, unknown>
    }
    case 'openapi-core': {
      const client = new openapiCoreModule.default(new $OpenApiCore.$OpenApiUtil.Config(config))
      const response = await client.callApi(
        new $OpenApiCore.$OpenApiUtil.Params(params),
        new $OpenApiCore.$OpenApiUtil.OpenApiRequest({ query: { ...query } }),
        // The type is in a package that is not a dependency; the SDK only reads optional fields.
        {} as never,
      )
      return response['body'] as Record<string, unknown>
    }
  }
}

async function outcomeOf(command: SdkCommand): Promise<SdkOutcome> {
  try {
    return { body: await call(command) }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const code = 'code' in error ? String(error.code) : ''
    return { error: { name: error.name, code, message: error.message } }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await outcomeOf(JSON.parse(line) as SdkCommand))}\n`)
}
