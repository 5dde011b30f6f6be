import { accessKeyProvider } from '@ack-secret-manager/auth-access-key'
import { Sensitive } from '@ack-secret-manager/core'

const provider = accessKeyProvider({
  accessKeyId: 'LTAI5tDemo',
  accessKeySecret: new Sensitive('demo-secret\n'), // as read from a file: the final newline is trimmed
})
const credential = await provider.credential({ signal: AbortSignal.timeout(1_000) })

export const who = provider.identity.description // 'AccessKey LTAI5tDemo'
console.log(who, credential.accessKeySecret) // AccessKey LTAI5tDemo [sensitive]
