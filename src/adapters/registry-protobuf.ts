// Protobuf: a schema, parsed and compiled by protobufjs to what reads the payloads that were written with it.
import { createRequire } from 'node:module'
import protobuf from 'protobufjs'
import { BinaryCursor, PayloadFault } from '../core/formats/binary-cursor.ts'
import type { PayloadReader } from '../core/formats/wire-format.ts'
import { jsonOf } from './registry-protobuf-json.ts'

export type ProtoFile = {
  /** As others import it. */
  readonly name: string
  readonly source: string
}

/**
 * Compiles a file. `references`: the files that it imports, those that others import first.
 * @throws Error for what is no schema
 */
export function compileProtobuf(source: string, references: readonly ProtoFile[]): PayloadReader {
  const root = new protobuf.Root()
  // Those that are there already, or will be.
  const known = new Set(references.map(({ name }) => name))
  for (const reference of references) addFile(root, reference.source, known)
  const before = new Set(allMessages(root))
  const { package: name } = addFile(root, source, known)
  root.resolveAll()
  // Its own, in the order of the file: a package may have others.
  const own = messagesOf(namespaceOf(root, name)).filter(type => !before.has(type))
  return payload => {
    const cursor = new BinaryCursor(payload)
    const type = messageAt(own, indexesOf(cursor))
    return jsonOf(type.decode(cursor.rest()), type)
  }
}

function addFile(root: protobuf.Root, source: string, known: Set<string>): protobuf.IParserResult {
  const parsed = protobuf.parse(source, root)
  for (const name of [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])]) {
    if (known.has(name)) continue
    known.add(name)
    const bundled = name === optionsFile ? optionTypes : protobuf.common.get(name)
    // Of another file that is not there, only options may be needed, which we do not need.
    if (bundled?.nested !== undefined) root.addJSON(bundled.nested)
  }
  return parsed
}

/** Google's own types are referred to by nobody. Those of options are extended by files with options of their own. */
const optionsFile = 'google/protobuf/descriptor.proto'
const optionTypes = createRequire(import.meta.url)(
  'protobufjs/google/protobuf/descriptor.json',
) as protobuf.INamespace

/** Messages of a file, or of a message, in their order. */
function messagesOf(parent: protobuf.NamespaceBase): protobuf.Type[] {
  return parent.nestedArray.filter(nested => nested instanceof protobuf.Type)
}

/** Those of all packages. */
function allMessages(namespace: protobuf.NamespaceBase): protobuf.Type[] {
  const inner = namespace.nestedArray.filter(
    nested => nested instanceof protobuf.Namespace && !(nested instanceof protobuf.Type),
  )
  return [...messagesOf(namespace), ...inner.flatMap(nested => allMessages(nested as protobuf.Namespace))]
}

function namespaceOf(root: protobuf.Root, name: string | undefined): protobuf.NamespaceBase {
  return name === undefined ? root : (root.lookup(name) as protobuf.NamespaceBase)
}

/** No file nests messages this deep. */
const maxIndexes = 64

/** Which message it is: its place in the file, then in that message. None stands for the first. */
function indexesOf(cursor: BinaryCursor): readonly number[] {
  const count = cursor.size()
  if (count > maxIndexes) throw new PayloadFault(`has ${count} message indexes`)
  return count === 0 ? [0] : Array.from({ length: count }, () => cursor.size())
}

function messageAt(own: readonly protobuf.Type[], indexes: readonly number[]): protobuf.Type {
  let [among, type]: [readonly protobuf.Type[], protobuf.Type | undefined] = [own, undefined]
  for (const index of indexes) {
    type = among[index]
    if (type === undefined)
      throw new PayloadFault(`has message indexes ${indexes.join(', ')}, which its schema has not`)
    among = messagesOf(type)
  }
  return type as protobuf.Type
}
