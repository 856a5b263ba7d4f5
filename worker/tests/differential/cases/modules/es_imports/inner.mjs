export default await Promise.resolve('inner');
