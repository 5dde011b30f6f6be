import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@ack-secret-manager/core'
import type { ApiProduct } from './gateway/api-product.ts'
import { Authenticator } from './gateway/authenticator.ts'
import type { Faults } from './gateway/faults.ts'
import { Gateway } from './gateway/gateway.ts'
import type { ServiceSurroundings } from './gateway/http-service.ts'
import { NonceStore } from './gateway/nonce-store.ts'
import { DkmsService } from './instance/dkms-service.ts'
import { instanceApi } from './instance/instance-api.ts'
import { isDkmsRequest } from './instance/is-dkms-request.ts'
import { kmsApi } from './kms/kms-api.ts'
import { MetadataService } from './metadata/metadata-service.ts'
import { oosApi } from './oos/oos-api.ts'
import { IssuedTokens } from './registry/issued-tokens.ts'
import { registryApi } from './registry/registry-api.ts'
import { isRegistryRequest, RegistryLogin } from './registry/registry-login.ts'
import { Principals } from './sts/principals.ts'
import { SmqService } from './smq/smq-service.ts'
import { stsApi } from './sts/sts-api.ts'
import type { CloudState } from './cloud-state.ts'

/** Handles one request completely. */
type Handler = (request: IncomingMessage, response: ServerResponse, reset: () => void) => Promise<void>

/** The services by their name in the ready line. Services without configuration in the seed are absent. */
export interface Services {
  readonly kms: Handler
  readonly sts: Handler | undefined
  readonly metadata: Handler | undefined
  readonly instance: Handler | undefined
  readonly oos: Handler | undefined
  readonly smq: Handler | undefined
  readonly registry: Handler | undefined
}

function instanceHandler(dkms: DkmsService, gateway: Gateway): Handler {
  return (request, response, reset) =>
    isDkmsRequest(request) ? dkms.handle(request, response, reset) : gateway.handle(request, response, reset)
}

/** The services of one cloud state. All share the same identities and faults. */
export function createServices(
  cloud: CloudState,
  surroundings: ServiceSurroundings & { readonly faults: Faults; readonly clock: Pick<Clock, 'now'> },
): Services {
  const { accessKeys, sts, metadata, instance, parameters, registries } = cloud
  const principals = new Principals({ accessKeys, sessions: sts.sessions })
  const authenticator = new Authenticator({
    accessKeys: principals,
    nonces: new NonceStore(),
  })
  const gateway = (product: ApiProduct): Gateway =>
    new Gateway({ ...surroundings, product, account: cloud.account, authenticator })
  const handler = (product: ApiProduct): Handler => {
    const made = gateway(product)
    return (request, response, reset) => made.handle(request, response, reset)
  }
  const registryHandler = (): Handler => {
    const state = { registries: registries ?? new Map(), tokens: new IssuedTokens() }
    const api = handler(registryApi(state))
    const login = new RegistryLogin({ ...surroundings, ...state })
    return (request, response, reset) =>
      isRegistryRequest(request) ? login.handle(request, response, reset) : api(request, response, reset)
  }
  const smq = new SmqService({ ...surroundings, ...cloud, accessKeys: principals })
  const machine = metadata && new MetadataService({ ...surroundings, state: metadata })
  return {
    kms: handler(kmsApi(cloud.kms)),
    sts: cloud.hasSts ? handler(stsApi(sts)) : undefined,
    metadata: machine && ((request, response, reset) => machine.handle(request, response, reset)),
    instance:
      instance &&
      instanceHandler(
        new DkmsService({ ...surroundings, state: instance.kms, clientKeys: instance.clientKeys }),
        gateway(instanceApi(instance.kms)),
      ),
    oos: parameters && handler(oosApi({ account: cloud.account, region: cloud.region, parameters })),
    registry: registries && registryHandler(),
    smq: cloud.hasQueues ? (request, response, reset) => smq.handle(request, response, reset) : undefined,
  }
}
