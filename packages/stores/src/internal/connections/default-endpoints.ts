import { parseEndpoint } from '@ack-secret-manager/alicloud-openapi'
import { defaultKmsEndpoint, parseKmsEndpoint } from '@ack-secret-manager/backend-kms-endpoint'
import { defaultOosEndpoint } from '@ack-secret-manager/backend-oos'

/** Options of {@link DefaultEndpoints}. */
export interface DefaultEndpointsOptions {
  readonly region: string
  readonly endpoint?: string
  readonly oosEndpoint?: string
}

/** Where stores read that name no endpoint: as the process was told for its own region, by name for the others. */
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

  /** Given by whoever runs the process, so that they need not be allowed by name. */
  get all(): readonly string[] {
    return [this.#kms, this.#oos]
  }
}
