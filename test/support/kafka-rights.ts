// Rights on a broker with an authorizer, in the words of the README.
import kafkajs, { type Admin } from 'kafkajs'

const { AclResourceTypes, AclOperationTypes, AclPermissionTypes, ResourcePatternTypes } = kafkajs

/** One operation on one resource. */
export type Right = {
  readonly on: 'topic' | 'group'
  readonly name: string
  readonly operation: 'Read' | 'Write' | 'Create' | 'Describe' | 'DescribeConfigs'
}

const operations = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
}
const resources = { topic: AclResourceTypes.TOPIC, group: AclResourceTypes.GROUP }

/** Allows it to a principal, from now on. */
export async function grant(admin: Admin, principal: string, rights: readonly Right[]): Promise<void> {
  await admin.createAcls({
    acl: rights.map(({ on, name, operation }) => ({
      resourceType: resources[on],
      resourceName: name,
      operation: operations[operation],
      principal,
      host: '*',
      permissionType: AclPermissionTypes.ALLOW,
      resourcePatternType: ResourcePatternTypes.LITERAL,
    })),
  })
}
