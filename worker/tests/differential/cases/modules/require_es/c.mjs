const v = {z:1}; export { v as 'module.exports' }; export default 3
