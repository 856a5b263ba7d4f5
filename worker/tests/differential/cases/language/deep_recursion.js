// Recursion as deep as trees and lists get.
exports.handler = async () => {
  const sum = (n) => (n === 0 ? 0 : n + sum(n - 1));
  let tree = { leaf: true };
  for (let depth = 0; depth < 500; depth += 1) tree = { children: [tree] };
  const copy = (node) => (node.children ? { children: node.children.map(copy) } : { ...node });
  const depth = (node) => (node.children ? 1 + Math.max(...node.children.map(depth)) : 0);
  return { sum: sum(3000), depth: depth(copy(tree)), text: JSON.stringify(tree).length };
};
