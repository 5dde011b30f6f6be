import { parseEndpoint } from '@ack-secret-manager/alicloud-openapi'
import { defaultKmsEndpoint, parseKmsEndpoint } from '@ack-secret-manager/backend-kms-endpoint'
import { defaultOosEndpoint } from '@ack-secret-manager/backend-oos'

/** Options of {@link DefaultEndpoints}. */
export interface DefaultEndpointsOptions {
  readonly region: string
  readonly endpoint?: string
  readonly oosEndpoint?: string
}

/** Endpoints of stores without one: the configured endpoint in the operator's region, the well-known name in other regions. */
export class DefaultEndpoints {
  readonly region: string
  readonly #kms: string
  readonly #oos: string

  /** @throws SecretSyncError `InvalidSpec` */
  constructor({ region, endpoint, oosEndpoint }: DefaultEndpointsOptions) {
    this.region = region
    this.#kms = parseKmsEndpoint(endpoint ?? defaultKmsEndpoint(region))
    this.#oos = parseEndpoint(oosEndpoint ?? defaultOosEndpoint(region), {
      field: '--oos-endpoint',
      example: 'oos.cn-hangzhou.aliyuncs.com',
    })
  }

  kms(region: string | undefined): string {
    return region === undefined || region === this.region ? this.#kms : defaultKmsEndpoint(region)
  }

  oos(region: string | undefined): string {
    return region === undefined || region === this.region ? this.#oos : defaultOosEndpoint(region)
  }

  /** The configured endpoints. The cluster administrator chose them, so they are always allowed. */
  get all(): readonly string[] {
    return [this.#kms, this.#oos]
  }
}
