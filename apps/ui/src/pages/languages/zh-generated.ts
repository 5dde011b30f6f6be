import type { enGenerated } from './en-generated.ts'

/** Chinese texts about generated keys. */
export const zhGenerated: typeof enGenerated = {
  title: '生成的键',
  states: { generated: '已生成', missing: '尚未生成', failed: '失败' },
  generators: {
    password: '密码',
    containerRegistry: '容器镜像服务令牌',
    stsToken: 'RAM 角色会话',
  },
  generator: '生成器',
  store: 'SecretStore',
  since: '生成时间',
  renews: '下次续期或轮转',
  never: '从不',
  expires: '过期时间',
  shownAbove: '其消息见页面顶部。',
}
