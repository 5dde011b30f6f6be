import type { Service } from '../service.ts'

const ANOTHER_SERVICE = 'Check what listens at the address in the message; see `--metadata-endpoint`.'

export const CREDENTIALS: Service = {
  title: 'The metadata service and profiles',
  intro:
    'The RAM role of a node comes from the metadata service of ECS. On a laptop, `acksm` takes an identity from the environment or from the profiles of the `aliyun` CLI.',
  sources: [
    {
      file: 'packages/auth-worker-role/src/worker-role-source.ts',
      code: 'Unauthenticated',
      parts: [
        'credentials of role …',
        'worker role …',
        'metadata token',
        'token request',
        'name of the role',
        'request for the role name',
        'worker role: the metadata service at … …',
      ],
    },
    { file: 'packages/auth-worker-role/src/metadata-client.ts', parts: ['unknown failure'] },
    { file: 'packages/auth-worker-role/src/machine-credential.ts' },
    {
      file: 'packages/auth-sdk/src/internal/sdk-errors.ts',
      code: 'Unauthenticated',
      parts: ['its process_command …', 'set NODE_EXTRA_CA_CERTS to the file of its CA before the process starts'],
    },
  ],
  advice: {
    'says that role … is not attached to this instance, or does not trust ECS': [
      'The node has another role, or none.',
      'Attach the role to the node pool, or correct `roleName`.',
    ],
    'issues no tokens (HTTP …): either it is an old version, which needs allowMetadataV1 of the store because it serves every process on the machine, or it is not the metadata service of ECS':
      [
        'The metadata service has no hardened mode.',
        'Enable it for the instance. Set `allowMetadataV1` only if you accept the risk.',
      ],
    'reports no RAM role: attach one to this instance, as the worker role of its node pool': [
      'The node has no RAM role.',
      'Attach one in the node pool, or use RRSA.',
    ],
    'requires a token, but issues none': ['Something answers in place of the metadata service.', ANOTHER_SERVICE],
    'rejects its own token': ['Something answers in place of the metadata service.', ANOTHER_SERVICE],
    '… (HTTP …)': ['The metadata service refuses the request; the message says which.', ANOTHER_SERVICE],
    'throttles (HTTP 429)': ['Too many processes of the node ask.', 'Wait; the operator retries.'],
    'reports an internal error (HTTP …)': ['The metadata service fails.', 'Wait; the operator retries.'],
    'responds with HTTP …: check that it is the one of an ECS instance': [
      'Something answers in place of the metadata service.',
      ANOTHER_SERVICE,
    ],
    'no response within … ms': ['The metadata service is silent.', 'Check the node; the operator retries.'],
    'cannot be reached (…): is this an ECS instance, and do network policies allow this pod to reach its metadata service?':
      [
        'The address `100.100.100.200` does not respond.',
        'Outside ECS use another identity. Allow the address in network policies.',
      ],
    'accepted the token request, but its response did not arrive (…): the hop limit is too low for pods. Set HttpPutResponseHopLimit of the instance to 2 or more, or use the host network':
      [
        'The response of the metadata service ends at the node.',
        'Raise the hop limit of the instances of the node pool.',
      ],
    'is too slow (…: …)': ['The metadata service did not answer in time.', 'Check the load of the node.'],
    'cut the connection (…: …)': ['The metadata service closed the connection.', 'Wait; the operator retries.'],
    'does not respond to the … like the one of an ECS instance: check what listens at this address': [
      'Something answers in place of the metadata service.',
      ANOTHER_SERVICE,
    ],
    '… responds with a redirect (HTTP …), which is not followed: is it the metadata service of an ECS instance?': [
      'Something answers in place of the metadata service.',
      ANOTHER_SERVICE,
    ],
    'the response is larger than … bytes': ['Something answers in place of the metadata service.', ANOTHER_SERVICE],
    'the response is not HTTP': ['Something answers in place of the metadata service.', ANOTHER_SERVICE],
    'ECS could not assume it…; check its trust policy': [
      'The role of the node does not trust ECS.',
      'Add `ecs.aliyuncs.com` to its trust policy.',
    ],
    'the response of the metadata service at … has no valid …: check what listens at this address': [
      'Something answers in place of the metadata service.',
      ANOTHER_SERVICE,
    ],
    'the trust policy of the role does not admit this token': [
      'The role does not trust the subject, issuer or audience of the token.',
      'Correct the trust policy in RAM.',
    ],
    'the OIDC token has expired: write a new one to its file': ['The token in the file is old.', 'Renew the file.'],
    'STS rejects the OIDC token: its file must hold the token alone, without a final newline, which the SDK does not remove':
      ['The file has more than the token.', "Write it with `printf '%s'`."],
    'the OIDC token is for another audience than sts.aliyuncs.com': [
      'The token is for another service.',
      'Ask for one with the audience `sts.aliyuncs.com`.',
    ],
    'the OIDC token is from another issuer than that of the identity provider in RAM': [
      'The OIDC provider in RAM is of another cluster.',
      'Use the ARN of the right provider.',
    ],
    'the response holds no complete credential': [
      'The profile leads to a service that gives no AccessKey.',
      'Check the address in the profile.',
    ],
    'the signature does not match: check the AccessKey secret': [
      'Id and secret of the profile do not belong together.',
      'Run `aliyun configure` again.',
    ],
    'its process_command fails: run it by hand': ['The command of the profile ended with an error.', 'Run it by hand.'],
    'its process_command does not print a credential as JSON': [
      'The command prints something else, such as a log line.',
      'Let it print one JSON object on stdout.',
    ],
    'ALIBABA_CLOUD_ECS_METADATA_DISABLED is set': [
      'The environment forbids the metadata service.',
      'Unset the variable, or use another identity.',
    ],
    'no response in time': ['The service of the profile is silent.', 'Check the network; `acksm doctor` names it.'],
    'the SDK has no credential for it (…)': [
      'The SDK of Alibaba Cloud refuses the profile.',
      'Run `acksm doctor`, and correct the profile that it names.',
    ],
    'there is nothing at this address, such as a role of this name': [
      'The metadata service has no such role.',
      'Correct `ram_role_name` of the profile.',
    ],
    '… cannot be read (…)': ['A file of the profile cannot be read.', 'Correct path and mode; see the code.'],
  },
}
