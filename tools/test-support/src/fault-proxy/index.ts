export {
  type ActiveFault,
  FaultProxy,
  type FaultProxyOptions,
  type ProxyCertificates,
  type ProxyHook,
} from './fault-proxy.ts'
export type { GivenResponse, ProxiedRequest } from './proxied-request.ts'
export type { ProxyFault } from './proxy-fault.ts'
export { type RecordedCall, recordCalls } from './record-calls.ts'
export { TcpRelay } from './tcp-relay.ts'
