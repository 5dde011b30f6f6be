import type { Service } from '../service.ts'

const PROXY_ADVICE = 'Correct `HTTPS_PROXY`, or bypass the proxy for the endpoint (`NO_PROXY`).'

export const CONNECTION: Service = {
  title: 'The connection',
  intro:
    'There is no response of the service, or the response is not one of the service. The code in brackets is that of Node. Secrets keep their values, and the operator retries.',
  sources: [
    {
      file: 'packages/alicloud-openapi/src/connection-errors.ts',
      code: 'Unavailable',
      parts: ['the proxy', 'the proxy …', 'provide its CA', 'outside a VPC use …', 'check the endpoint and region'],
    },
    { file: 'packages/alicloud-openapi/src/internal/connection-failure.ts' },
    {
      file: 'packages/alicloud-openapi/src/internal/read-response.ts',
      parts: ['may not call … on '],
      code: 'InvalidResponse',
    },
    { file: 'packages/alicloud-openapi/src/open-api-client.ts', parts: ['… at …'] },
  ],
  advice: {
    'credentials of …: no response within … ms': [
      'STS or the metadata service is silent, so the request was not sent.',
      'Check the endpoint of STS and the network to it.',
    ],
    'the connection was cut': ['The server or a proxy closed the connection.', 'Check load balancers and proxies.'],
    'its certificate is not trusted': [
      'The certificate is not from a public CA.',
      'Use `ca` of the store for a KMS instance; set `NODE_EXTRA_CA_CERTS` otherwise.',
    ],
    "its certificate has expired, or this machine's clock is wrong": [
      'The certificate is too old for the clock of this machine.',
      'Check the clock, then the certificate of the endpoint or proxy.',
    ],
    "its certificate is not valid yet, or this machine's clock is wrong": [
      'The certificate is too new for the clock of this machine.',
      'Check the clock.',
    ],
    'its certificate is for another name: check the endpoint': [
      'The host has a certificate that does not name the endpoint.',
      'Use the name in the certificate as the endpoint.',
    ],
    'its name does not resolve': [
      'DNS has no address for the endpoint.',
      'Correct endpoint and region. `kms-vpc` names resolve inside a VPC only.',
    ],
    'there is no network route to it': [
      'The network has no path to the address.',
      'Check routes and security groups. Outside a VPC use the public endpoint.',
    ],
    'nothing listens there: check the endpoint and its port': [
      'The host refused the connection.',
      'Correct the endpoint and its port.',
    ],
    'the name server does not respond': ['DNS is out of order.', 'Check CoreDNS and the network policies to it.'],
    'this machine has no free local port or address': [
      'Too many connections are open on this node.',
      'Find the process that opens them.',
    ],
    'this process is out of file descriptors; raise the limit': [
      'The limit of open files is reached.',
      'Raise the limit (`ulimit -n`).',
    ],
    'it does not speak TLS: check the port': ['The port serves plain HTTP or another protocol.', 'Correct the port.'],
    'the connection failed': ['An error of the network that no table has.', 'See the code in brackets.'],
    'the connection timed out (ETIMEDOUT)…': [
      'Packets to the endpoint are dropped.',
      'Check security groups and network policies. Outside a VPC use the public endpoint.',
    ],
    'no TLS session': [
      'Client and server agree on no TLS version or cipher.',
      'Use an endpoint with TLS 1.2 or newer.',
    ],
    '… does not respond in time': ['The proxy in `HTTPS_PROXY` is silent.', PROXY_ADVICE],
    '… requires a valid user and password: check HTTPS_PROXY (HTTP 407)': [
      'The proxy does not accept the credential in `HTTPS_PROXY`.',
      'Write user and password into the URL, percent-encoded.',
    ],
    '… refuses to connect to it (HTTP …)': [
      'The proxy does not allow the endpoint.',
      'Allow the endpoint with port 443 in the proxy.',
    ],
    '… cannot be used: check HTTPS_PROXY (…)': ['The proxy cannot be reached.', PROXY_ADVICE],
    'no connection within … ms…': [
      'Packets to the endpoint are dropped.',
      'Check security groups and network policies. Outside a VPC use the public endpoint.',
    ],
    'the response is larger than … bytes': [
      'Not a response of the service.',
      'Check that the endpoint belongs to the service.',
    ],
    'the headers of the response are too large': [
      'Not a response of the service.',
      'Check that the endpoint belongs to the service.',
    ],
    'the response is not HTTP': ['The port serves another protocol.', 'Correct the endpoint and its port.'],
    'the endpoint responds with a redirect, which is not followed…': [
      'A proxy or a login page answers instead of the service.',
      'Bypass it for the endpoint (`NO_PROXY`), or correct the endpoint.',
    ],
    'the response is not a JSON object…: check the endpoint': [
      'A proxy or another service answers.',
      'Correct the endpoint, or bypass the proxy.',
    ],
    '… calls are already pending': [
      'The service is slower than the operator asks.',
      'Wait; if it stays, raise the refresh intervals.',
    ],
  },
}
