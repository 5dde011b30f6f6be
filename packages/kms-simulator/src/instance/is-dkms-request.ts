import type { IncomingMessage } from 'node:http'

/** Whether a request to an instance uses the protocol of client keys instead of the ordinary API. */
export function isDkmsRequest({ headers }: IncomingMessage): boolean {
  const isProtobuf = headers['content-type']?.startsWith('application/x-protobuf') === true
  return isProtobuf || Object.keys(headers).some((name) => name.startsWith('x-kms-'))
}
