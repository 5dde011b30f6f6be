import type { Service } from '../service.ts'

export const STS: Service = {
  title: 'STS',
  intro:
    'STS does not give a session of a role, or does not confirm an AccessKey. The message begins with the role or the identity. Without a session nothing is read, so all codes of STS mean a failed authentication.',
  sources: [
    {
      file: 'packages/alicloud-openapi/src/sts/sts-errors.ts',
      code: 'Unauthenticated',
      parts: ['the role allows at most … s', "it is above the role's maximum"],
    },
    { file: 'packages/alicloud-openapi/src/sts/session-credential.ts' },
    { file: 'packages/auth-rrsa/src/oidc-errors.ts', code: 'Unauthenticated' },
    { file: 'packages/auth-rrsa/src/token-file.ts', code: 'Unauthenticated', parts: ['token file …'] },
    { file: 'packages/auth-rrsa/src/oidc-token.ts', code: 'Unauthenticated' },
  ],
  advice: {
    'not allowed: the policy of the calling identity must allow sts:AssumeRole on the role, and the trust policy of the role must name that identity (and its external id, if the role requires one)':
      [
        'Both sides must allow it: the policy of the caller and the trust policy of the role.',
        'Add the missing statement in RAM. For a role of another account, use its ARN.',
      ],
    'there is no such role: check account and name': [
      'The account in the ARN has no role of this name.',
      'Correct account and name in `ramRoleARN`.',
    ],
    'STS rejects the ARN as malformed': [
      'The ARN is not of the form `acs:ram::ACCOUNT:role/NAME`, or of a provider.',
      'Copy the ARN from RAM.',
    ],
    'STS rejects the session name as malformed': [
      'A session name has 2 to 64 letters, digits and `.@-_`.',
      'Correct `ramRoleSessionName`.',
    ],
    'STS rejects the session policy as malformed': ['The policy is not a RAM policy.', 'Correct its JSON.'],
    'STS rejects the session policy as too long': ['A session policy has at most 1024 characters.', 'Shorten it.'],
    'STS rejects the external id as malformed': [
      'An external id has 2 to 1224 characters of a few kinds.',
      'Correct it, here and in the trust policy.',
    ],
    'durationSeconds: …; reduce it, or raise the maximum session duration of the role': [
      'The session is to last longer than the role allows.',
      'Change one of the two. The message has the maximum, if STS says it.',
    ],
    'the response has no valid …: check the endpoint': [
      'The response is not one of STS.',
      'Check `--sts-endpoint` and proxies.',
    ],
    'the trust policy of the role does not allow it: it must name … and allow the subject …, the issuer … and an audience of the token (…)':
      [
        'RRSA: the role does not trust this ServiceAccount of this cluster.',
        'Write the values of the message into the trust policy.',
      ],
    "the token has expired (at …): check that it is renewed, and this machine's clock": [
      'Kubelet renews the file before its end; this one is too old.',
      'Check the volume of the token and the clock of the node.',
    ],
    'no audience of the token (…) is a client id of …: ask for a token for sts.aliyuncs.com, or add the audience there':
      ['The token is for another service.', 'Set `audience: sts.aliyuncs.com` in the projected volume.'],
    'the issuer of the token (…) differs from the issuer of …: is it the provider of this cluster?': [
      'The OIDC provider in RAM is of another cluster.',
      'Use the ARN of the provider of this cluster.',
    ],
    'the issuer URL or the keys of … cannot be used: check them in RAM': [
      'STS cannot read the keys of the OIDC provider.',
      'Check that the issuer is reachable from the Internet.',
    ],
    'the certificate fingerprint of the issuer does not match the one in …: update it in RAM': [
      'The issuer has a new certificate.',
      'Update the fingerprint of the OIDC provider in RAM.',
    ],
    'the token is not valid for …: was it issued by this cluster, and are its signing keys known there?': [
      'The signature of the token is not of the keys of the provider.',
      'Use the provider of this cluster; update its keys after a rotation.',
    ],
    '… does not exist: check account and name': [
      'The account has no OIDC provider of this name.',
      'Enable RRSA for the cluster, or correct `oidcProviderARN`.',
    ],
    'STS rejects the token as malformed': [
      'The file holds no token of a ServiceAccount.',
      'Check the path of the file.',
    ],
    'does not exist: mount a projected ServiceAccount token there, or let ack-pod-identity-webhook do it': [
      'The pod has no token for RRSA.',
      'Set `rrsa.enable` of the chart, or label the pod or its namespace for the webhook.',
    ],
    'does not exist: a part of its path is a file': ['The path of the token is wrong.', 'Correct the path.'],
    'may not be read by this process: check fsGroup and the mode of the volume': [
      'The user of the container may not read the token.',
      'Set `fsGroup` of the pod to the group of the process.',
    ],
    'may not be read by this process': ['The file has another owner.', 'Correct its mode.'],
    'is a symbolic link loop': ['The path leads to itself.', 'Correct the links.'],
    'token file: expected an absolute path, got …': ['A relative path is not allowed.', 'Begin the path with `/`.'],
    'is not a regular file': ['The path is a directory or a device.', 'Correct the path.'],
    'is larger than … bytes': ['The file is no token.', 'Correct the path.'],
    'cannot be read (…)': ['The system refuses to read the file.', 'See the code in brackets.'],
    'is empty': ['The token was not written yet, or was truncated.', 'Wait for kubelet, or write the file again.'],
    'is longer than … characters': ['The file is no token.', 'Correct the path.'],
    'has white space inside: is it cut by a line break?': ['A token is one line.', 'Write it without line breaks.'],
    'is not a JSON Web Token with issuer, subject and expiry': [
      'The file holds something else, or a token of an old type.',
      'Use a projected ServiceAccount token.',
    ],
    "holds a token that expired at …: check that it is renewed, and this machine's clock": [
      'Kubelet renews the file before its end; this one is too old.',
      'Check the volume of the token and the clock of the node.',
    ],
  },
}
